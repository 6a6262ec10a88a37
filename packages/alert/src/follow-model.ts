import { type DeviceId, isRefused, type Sha256 } from "@kedge/core";
import { type Cause, scopeKey } from "@kedge/drift";
import { fingerprint, type Incident, isActive, isOpen } from "./incident.js";
import { type IncidentEffect, type IncidentEvent, newIncident, stepIncident } from "./incident-machine.js";
import type { IncidentPolicy } from "./incident-policy.js";
import { contains, type LabelsOf } from "./scope-contains.js";

/** One look at the devices of a model that run one bundle. */
export interface ModelLook {
  readonly bundleDigest: Sha256;
  readonly causes: readonly Cause[];
  /** Devices that could be held against the reference: had rows enough, clean or not. */
  readonly judged: readonly DeviceId[];
}

/** All looks of one tick at one model: while a new version is rolled out, there are two. */
export interface ModelTick {
  readonly modelName: string;
  readonly atMs: number;
  readonly looks: readonly ModelLook[];
}

export interface FollowContext {
  readonly labelsOf: LabelsOf;
  readonly newIncidentId: () => string;
  readonly policy: IncidentPolicy;
}

/** What a tick does. Store `changed` (each id once) before the effects are run. */
export interface Followed {
  readonly changed: readonly Incident[];
  readonly effects: readonly IncidentEffect[];
  /** Causes that started nothing, as an incident ended too lately, or too many are active. */
  readonly heldBack: number;
}

interface SeenCause {
  readonly cause: Cause;
  readonly bundleDigest: Sha256;
}

const breadth = { fleet: 2, cohort: 1, device: 0 } as const;

/** One entry per scope, the strongest; widest first, so that the parts find their whole open. */
function causesOf(tick: ModelTick): SeenCause[] {
  const byScope = new Map<string, SeenCause>();
  const scoreOf = (seen: SeenCause | undefined): number => seen?.cause.features[0]?.score ?? -1;
  for (const look of tick.looks) {
    for (const cause of look.causes) {
      const seen = { cause, bundleDigest: look.bundleDigest };
      if (scoreOf(seen) > scoreOf(byScope.get(scopeKey(cause.scope)))) byScope.set(scopeKey(cause.scope), seen);
    }
  }
  const width = ({ cause }: SeenCause): number => breadth[cause.scope.kind] * 1e9 + cause.deviceIds.length;
  return [...byScope.values()].sort((a, b) => width(b) - width(a));
}

/** The work of one tick: incidents as they are now, and what was done to them. */
class Follow {
  readonly #incidents: Map<string, Incident>;
  readonly #touched = new Set<string>();
  readonly #effects: IncidentEffect[] = [];
  readonly #tick: ModelTick;
  readonly #context: FollowContext;
  #heldBack = 0;

  constructor(incidents: readonly Incident[], tick: ModelTick, context: FollowContext) {
    this.#incidents = new Map(incidents.filter((i) => i.modelName === tick.modelName).map((i) => [i.incidentId, i]));
    this.#tick = tick;
    this.#context = context;
  }

  run(): Followed {
    for (const seen of causesOf(this.#tick)) this.#place(seen);
    for (const incident of this.#all(isActive)) if (!this.#touched.has(incident.incidentId)) this.#clearIfJudged(incident);
    const changed = [...this.#touched].flatMap((id) => this.#incidents.get(id) ?? []);
    return { changed, effects: this.#effects, heldBack: this.#heldBack };
  }

  #all(which: (incident: Incident) => boolean): Incident[] {
    return [...this.#incidents.values()].filter(which).sort((a, b) => a.createdAtMs - b.createdAtMs || (a.incidentId < b.incidentId ? -1 : 1));
  }

  #step(incident: Incident, event: IncidentEvent): void {
    const step = stepIncident(incident, event, this.#context.policy);
    if (isRefused(step)) return;
    this.#keep(step.to, step.effects);
  }

  #keep(incident: Incident, effects: readonly IncidentEffect[]): void {
    this.#incidents.set(incident.incidentId, incident);
    this.#touched.add(incident.incidentId);
    this.#effects.push(...effects);
  }

  #place({ cause, bundleDigest }: SeenCause): void {
    const { labelsOf, policy } = this.#context;
    const { atMs, modelName } = this.#tick;
    const active = this.#all(isActive);
    const wanted = fingerprint(modelName, cause.scope);
    const same = active.filter((i) => fingerprint(modelName, i.scope) === wanted);
    const whole = same.find(isOpen) ?? active.find((i) => isOpen(i) && contains(i.scope, cause, labelsOf)) ?? same[0];
    if (whole !== undefined) {
      this.#step(whole, { kind: "Seen", cause, bundleDigest, atMs });
      this.#supersedeParts(whole.incidentId, cause, active);
      return;
    }
    const parts = active.filter((i) => contains(cause.scope, i, labelsOf));
    const first = parts.find(isOpen) ?? parts[0];
    if (first !== undefined) {
      this.#step(first, { kind: "Widened", cause, bundleDigest, atMs });
      this.#supersedeParts(first.incidentId, cause, active);
      return;
    }
    if (active.length >= policy.maxActive || this.#endedLately(cause)) {
      this.#heldBack += 1;
      return;
    }
    const { to, effects } = newIncident({ incidentId: this.#context.newIncidentId(), modelName, bundleDigest, cause, atMs }, policy);
    this.#keep(to, effects);
  }

  /** What is within the scope that `incidentId` has now, and is still told apart, is told by it from now on. */
  #supersedeParts(incidentId: string, cause: Cause, active: readonly Incident[]): void {
    for (const part of active) {
      if (part.incidentId === incidentId || !contains(cause.scope, part, this.#context.labelsOf)) continue;
      this.#step(this.#incidents.get(part.incidentId) ?? part, { kind: "Superseded", by: incidentId, atMs: this.#tick.atMs });
    }
  }

  #endedLately(cause: Cause): boolean {
    const { labelsOf, policy } = this.#context;
    return this.#all((i) => i.resolution === "cleared" || i.resolution === "by-hand").some(
      (i) => this.#tick.atMs - (i.resolvedAtMs ?? 0) < policy.cooldownMs && contains(i.scope, cause, labelsOf),
    );
  }

  #clearIfJudged(incident: Incident): void {
    const { labelsOf, policy } = this.#context;
    const judged = new Set(this.#tick.looks.flatMap((look) => look.judged));
    const members = incident.deviceIds.filter((id) => labelsOf(id) !== undefined);
    const seen = members.filter((id) => judged.has(id)).length;
    if (members.length > 0 && (seen === 0 || seen < policy.clearShare * members.length)) return;
    this.#step(incident, { kind: "Cleared", atMs: this.#tick.atMs });
  }
}

/**
 * What a tick's looks at a model do to its incidents. `incidents` are the active ones and those resolved within the
 * cooldown. Each cause goes, in this order: to the incident of its scope; into an open one whose scope holds it; over
 * the incidents that are parts of it (the first open one grows to it, the others are superseded); into the cooldown of
 * one that ended lately; else it starts a new one. Incidents that no cause touched count the look as clean if enough of
 * their devices were judged. So there is one incident per thing that happened, whatever name it had at first.
 */
export function followModel(incidents: readonly Incident[], tick: ModelTick, context: FollowContext): Followed {
  return new Follow(incidents, tick, context).run();
}
