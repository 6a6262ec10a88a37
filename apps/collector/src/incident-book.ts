import { type Incident, type IncidentEffect, type IncidentEvent, type IncidentPolicy, stepIncident } from "@kedge/alert";
import { isRefused, type Refused } from "@kedge/core";
import type { Documents, Stored } from "@kedge/store";
import type { NoticeRecord } from "./collections.js";

/** To be told; the incident as it is now. Telling a notice twice tells it once. */
export type NotifyIncident = (incident: Incident, effect: Extract<IncidentEffect, { kind: "Notify" }>) => Promise<void>;

/** What the book needs of the program. */
export interface IncidentBookDeps {
  /** For whoever acknowledges or annotates, at any collector. */
  readonly incidents: Documents<Incident>;
  /** The same, and what is about to be told, for the collector that evaluates: refused to one that does not any more. */
  readonly evaluated: Documents<Incident>;
  readonly notices: Documents<NoticeRecord>;
  /** An incident changed and is stored. */
  readonly onIncident: (incident: Incident) => Promise<void>;
  readonly notify: NotifyIncident;
}

/** Incidents as stored: each change once, and each notice told, wherever a collector ends. */
export class IncidentBook {
  readonly #deps: IncidentBookDeps;

  constructor(deps: IncidentBookDeps) {
    this.#deps = deps;
  }

  /** By id; the newest thousand. */
  async read(): Promise<Map<string, Stored<Incident>>> {
    return new Map((await this.#deps.evaluated.list({ newestFirst: true, limit: 1_000 })).map((stored) => [stored.id, stored]));
  }

  /** Stores what followed from what was read, and tells of it. What somebody changed meanwhile is left: the next look finds the same again. */
  async keep(before: ReadonlyMap<string, Stored<Incident>>, changed: readonly Incident[], effects: readonly IncidentEffect[]): Promise<void> {
    const { onIncident, notify, notices, evaluated } = this.#deps;
    for (const incident of changed) {
      const told = effects.flatMap((e) => (e.kind === "Notify" && e.incidentId === incident.incidentId ? [e] : []));
      // Noted before the incident is stored: if this collector ends in between, the next to evaluate tells it.
      for (const effect of told) await notices.insert(effect.noticeId, { incident, effect });
      const isKept = await this.#save(incident, before.get(incident.incidentId));
      if (isKept) await onIncident(incident);
      for (const effect of told) {
        if (isKept) await notify(incident, effect);
        await notices.delete(effect.noticeId);
      }
    }
    for (const effect of effects) if (effect.kind === "Forget") await evaluated.delete(effect.incidentId);
  }

  async #save(incident: Incident, before: Stored<Incident> | undefined): Promise<boolean> {
    const { evaluated } = this.#deps;
    const { incidentId } = incident;
    const outcome = before === undefined ? await evaluated.insert(incidentId, incident) : await evaluated.save(incidentId, incident, before.version);
    return outcome.kind === "saved";
  }

  /** Tells what was decided, and perhaps not told, by a collector that ended. */
  async tellLeft(): Promise<void> {
    const { incidents, notices, notify } = this.#deps;
    for (const { id, body } of await notices.list({ limit: 1_000 })) {
      const stored = await incidents.get(body.incident.incidentId);
      if (stored !== undefined && stored.body.notices >= body.incident.notices) await notify(body.incident, body.effect);
      await notices.delete(id);
    }
  }

  /** Brings an event to an incident; the incident, why it was refused, or `undefined` when there is none. */
  async apply(incidentId: string, event: IncidentEvent, policy: IncidentPolicy): Promise<Incident | Refused | undefined> {
    const { incidents, onIncident, notify } = this.#deps;
    for (;;) {
      const found = await incidents.get(incidentId);
      if (found === undefined) return undefined;
      const next = stepIncident(found.body, event, policy);
      if (isRefused(next)) return next;
      // Another collector may change it at the same time.
      if ((await incidents.save(incidentId, next.to, found.version)).kind === "conflict") continue;
      await onIncident(next.to);
      for (const effect of next.effects) if (effect.kind === "Notify") await notify(next.to, effect);
      return next.to;
    }
  }
}
