import { type Incident, isActive } from "@kedge/alert";
import { type Labels, messageOf, type Log } from "@kedge/core";
import { distanceOfSeasons, learnSeason, type SeasonProfiles, seasonSlots, slotOf } from "@kedge/drift";
import { type Profile, type ReferenceProfile, referenceFor, type Window } from "@kedge/profile";
import { type Documents, put } from "@kedge/store";

/** What an hour of the week showed on devices that are held against one reference of a model. */
export interface SeasonHour {
  readonly model: string;
  /** The reference's selector. */
  readonly selector: string;
  readonly slot: number;
  /** Whether somebody said that this was normal; else it was learnt while nothing was wrong. */
  readonly isVouched: boolean;
  readonly profile: Profile;
}

/** What is known of one reference's hours. */
interface Hours {
  readonly model: string;
  readonly selector: string;
  readonly profiles: Map<number, Profile>;
  isVouched: boolean;
}

const hourMs = 3_600_000;
/**
 * What was learnt by itself stands in the training reference's place only while the mean of its week is nearer to it than this: hours may
 * differ, a week that as a whole moved is no season.
 */
const mostDistance = 0.1;

/** Windows of devices with their labels. */
export interface LabelledWindow {
  readonly window: Window;
  readonly labels: Labels;
}

/** How much was taken in. */
export interface Learnt {
  readonly windows: number;
  readonly rows: number;
}

/** What is usual in each hour of the week, for each model and reference: learnt from times when nothing was wrong, or from what people vouch for. */
export class SeasonKeeper {
  readonly #documents: Documents<SeasonHour>;
  readonly #log: Log;
  readonly #hours = new Map<string, Hours>();

  constructor(documents: Documents<SeasonHour>, log: Log) {
    this.#documents = documents;
    this.#log = log;
  }

  /** Takes what is stored in the place of what is known. */
  async load(): Promise<void> {
    this.#hours.clear();
    for (const { body } of await this.#documents.list({ limit: 100_000 })) this.#take(body);
  }

  /** Reads an hour again that somebody else may have learnt. */
  async refresh(id: string): Promise<void> {
    const stored = await this.#documents.get(id);
    if (stored !== undefined) this.#take(stored.body);
  }

  #take({ model, selector, slot, isVouched, profile }: SeasonHour): void {
    const hours = this.#of(model, selector, profile.specHash);
    hours.profiles.set(slot, profile);
    hours.isVouched ||= isVouched;
  }

  #of(model: string, selector: string, specHash: string): Hours {
    const key = `${model}/${specHash}/${selector}`;
    const known = this.#hours.get(key);
    if (known !== undefined) return known;
    const hours: Hours = { model, selector, profiles: new Map(), isVouched: false };
    this.#hours.set(key, hours);
    return hours;
  }

  #inForce({ profiles, isVouched }: Hours, { spec }: ReferenceProfile, training: Profile): boolean {
    if (profiles.size === 0) return false;
    return isVouched || (profiles.size === seasonSlots && distanceOfSeasons(profiles, spec, training) < mostDistance);
  }

  /** What stands in a training reference's place, hour by hour; `undefined` while that itself stands. */
  seasonsOf(model: string, reference: ReferenceProfile, training: Profile): SeasonProfiles | undefined {
    const selector = reference.cohorts.find((c) => c.profile === training)?.selector ?? "";
    const hours = this.#hours.get(`${model}/${training.specHash}/${selector}`);
    return hours !== undefined && this.#inForce(hours, reference, training) ? hours.profiles : undefined;
  }

  known(model: string, reference: ReferenceProfile): { selector: string; hours: number; rows: number; inForce: boolean }[] {
    return reference.cohorts.flatMap(({ selector, profile }) => {
      const hours = this.#hours.get(`${model}/${profile.specHash}/${selector}`);
      if (hours === undefined) return [];
      const rows = [...hours.profiles.values()].reduce((sum, p) => sum + p.rows, 0);
      return [{ selector, hours: hours.profiles.size, rows, inForce: this.#inForce(hours, reference, profile) }];
    });
  }

  /** Adds windows to the hours they began in. Vouched for, they take the place of what these hours held. */
  async learn(model: string, reference: ReferenceProfile, windows: AsyncIterable<LabelledWindow>, isVouched: boolean): Promise<Learnt> {
    const taken = { windows: 0, rows: 0 };
    const more = new Map<Hours, Map<number, Profile>>();
    for await (const { window, labels } of windows) {
      const training = referenceFor(reference, labels);
      if (training === undefined || training.specHash !== window.profile.specHash) continue;
      const selector = reference.cohorts.find((c) => c.profile === training)?.selector ?? "";
      const hours = this.#of(model, selector, training.specHash);
      const slots = more.get(hours) ?? new Map<number, Profile>();
      more.set(hours, slots);
      const slot = slotOf(window.startMs);
      slots.set(slot, learnSeason(slots.get(slot), window.profile));
      taken.windows += 1;
      taken.rows += window.profile.rows;
    }
    for (const [hours, slots] of more) {
      hours.isVouched ||= isVouched;
      for (const [slot, profile] of slots) {
        hours.profiles.set(slot, isVouched ? profile : learnSeason(hours.profiles.get(slot), profile));
        await this.#save(hours, slot);
      }
    }
    return taken;
  }

  async #save(hours: Hours, slot: number): Promise<void> {
    const profile = hours.profiles.get(slot);
    if (profile === undefined) return;
    const { model, selector, isVouched } = hours;
    const id = `${model}.${profile.specHash.slice(0, 16)}.${[...selector].map((c) => (/[a-z0-9_-]/i.test(c) ? c : "~")).join("")}.${slot}`;
    await put(this.#documents, id, { model, selector, slot, isVouched, profile }).catch((error: unknown) => {
      this.#log.error({ model, error: messageOf(error) }, "an hour of the week that was learnt could not be stored");
    });
  }
}

/** An hour is learnt by itself only this long after it ended: drift that is slow to show is known by then. */
export const settleMs = 24 * hourMs;

/** Whether no incident of the model was under way in an hour, from its onset to its end; those that never opened do not count. */
export function isQuiet(fromMs: number, incidents: readonly Incident[]): boolean {
  return incidents.every((incident) => {
    if (incident.openedAtMs === null) return true;
    const begin = Math.min(incident.onsetMs ?? incident.createdAtMs, incident.createdAtMs);
    const end = isActive(incident) ? Number.POSITIVE_INFINITY : (incident.resolvedAtMs ?? Number.POSITIVE_INFINITY);
    return begin >= fromMs + hourMs || end <= fromMs;
  });
}
