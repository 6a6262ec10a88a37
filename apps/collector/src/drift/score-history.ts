import type { Sha256 } from "@kedge/core";
import { type Scope, scopeKey, type Verdict } from "@kedge/drift";
import { type Documents, put } from "@kedge/store";
import { roundedScore } from "../metrics/look-points.js";

/** An hour of looks at the devices of one bundle: what each feature's score was at each node. */
export interface ScoreHour {
  readonly bundleDigest: Sha256;
  readonly hourMs: number;
  readonly timesMs: readonly number[];
  /** By `FEATURE/SCOPE`; `values[i]` belongs to `timesMs[i]`. */
  readonly lines: Readonly<Record<string, readonly (number | null)[]>>;
}

const hourMs = 3_600_000;
/** Looks nearer together than this are one point. */
const spacingMs = 5_000;
/** Lines of one hour: the fleet's and the cohorts' first, then devices that drifted. */
const mostLines = 400;
/** Scores are kept for so long. */
export const scoresKeptMs = 30 * 86_400_000;

interface Hour {
  readonly hourMs: number;
  readonly timesMs: number[];
  readonly lines: Map<string, (number | null)[]>;
  isChanged: boolean;
}

function idOf(digest: Sha256, atMs: number): string {
  return `${String(Math.floor(atMs / hourMs)).padStart(9, "0")}.${digest.slice(0, 16)}`;
}

interface ScoreRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a look gave a feature at a node. */
export interface ScorePoint {
  readonly atMs: number;
  readonly feature: string;
  readonly scope: string;
  readonly score: number;
}

/** The scores of past looks, kept for charts: bounded in points, lines and time. */
export class ScoreHistory {
  readonly #documents: Documents<ScoreHour>;
  readonly #hours = new Map<Sha256, Hour>();

  constructor(documents: Documents<ScoreHour>) {
    this.#documents = documents;
  }

  async #hourOf(digest: Sha256, atMs: number): Promise<Hour> {
    const start = Math.floor(atMs / hourMs) * hourMs;
    const known = this.#hours.get(digest);
    if (known?.hourMs === start) return known;
    if (known !== undefined) await this.#save(digest, known);
    // After a restart within the hour, its first part is there already.
    const stored = (await this.#documents.get(idOf(digest, atMs)))?.body;
    const lines = new Map(Object.entries(stored?.lines ?? {}).map(([key, values]) => [key, [...values]]));
    const hour = { hourMs: start, timesMs: [...(stored?.timesMs ?? [])], lines, isChanged: false };
    this.#hours.set(digest, hour);
    return hour;
  }

  async note(digest: Sha256, atMs: number, verdicts: readonly Verdict[]): Promise<void> {
    const hour = await this.#hourOf(digest, atMs);
    if (atMs - (hour.timesMs.at(-1) ?? 0) < spacingMs) return;
    hour.timesMs.push(atMs);
    hour.isChanged = true;
    const last = hour.timesMs.length - 1;
    const wanted = verdicts.filter((v) => v.scope.kind !== "device" || v.drifted || hour.lines.has(`${v.feature}/${scopeKey(v.scope)}`));
    wanted.sort((a, b) => Number(a.scope.kind === "device") - Number(b.scope.kind === "device"));
    for (const { feature, scope, score } of wanted) {
      const key = `${feature}/${scopeKey(scope)}`;
      const line = hour.lines.get(key) ?? (hour.lines.size < mostLines ? [] : undefined);
      if (line === undefined) continue;
      while (line.length < last) line.push(null);
      line[last] = roundedScore(score);
      hour.lines.set(key, line);
    }
  }

  async #save(digest: Sha256, hour: Hour): Promise<void> {
    if (!hour.isChanged) return;
    const lines = Object.fromEntries(hour.lines);
    await put(this.#documents, idOf(digest, hour.hourMs), { bundleDigest: digest, hourMs: hour.hourMs, timesMs: hour.timesMs, lines });
    hour.isChanged = false;
  }

  /** Drops what is in memory: another collector may have noted looks meanwhile. */
  forget(): void {
    this.#hours.clear();
  }

  /** Stores what was noted since the last time. */
  async save(): Promise<void> {
    for (const [digest, hour] of this.#hours) await this.#save(digest, hour);
  }

  /** What is stored of an hour, and what this collector has noted of it since. */
  async #hourAt(digest: Sha256, atMs: number): Promise<Pick<ScoreHour, "timesMs" | "lines"> | undefined> {
    const noted = this.#hours.get(digest);
    if (noted?.hourMs === atMs) return { timesMs: noted.timesMs, lines: Object.fromEntries(noted.lines) };
    return (await this.#documents.get(idOf(digest, atMs)))?.body;
  }

  /** Points of a feature by scope, oldest first. */
  async read(digests: readonly Sha256[], feature: string, range: ScoreRange): Promise<ScorePoint[]> {
    const points: ScorePoint[] = [];
    for (let at = Math.floor(range.fromMs / hourMs) * hourMs; at < range.toMs; at += hourMs) {
      for (const digest of digests) points.push(...(await this.#pointsAt(digest, at, range)).filter((p) => p.feature === feature));
    }
    return points;
  }

  /** Points of all features of a bundle, oldest first. */
  async all(digest: Sha256, range: ScoreRange): Promise<ScorePoint[]> {
    const points: ScorePoint[] = [];
    for (let at = Math.floor(range.fromMs / hourMs) * hourMs; at < range.toMs; at += hourMs) points.push(...(await this.#pointsAt(digest, at, range)));
    return points;
  }

  async #pointsAt(digest: Sha256, startMs: number, { fromMs, toMs }: ScoreRange): Promise<ScorePoint[]> {
    const hour = await this.#hourAt(digest, startMs);
    return Object.entries(hour?.lines ?? {}).flatMap(([key, values]) => {
      // Names of features may hold a slash, scopes never do.
      const at = key.lastIndexOf("/");
      const [feature, scope] = [key.slice(0, at), key.slice(at + 1)];
      return values.flatMap((score, i) => {
        const atMs = hour?.timesMs[i] ?? 0;
        return score !== null && atMs >= fromMs && atMs < toMs ? [{ atMs, feature, scope, score }] : [];
      });
    });
  }

  async prune(beforeMs: number): Promise<void> {
    for (;;) {
      const oldest = await this.#documents.list({ limit: 100 });
      const gone = oldest.filter((d) => d.body.hourMs < beforeMs);
      for (const { id } of gone) await this.#documents.delete(id);
      if (gone.length < 100) return;
    }
  }
}

/** The key under which a group's points are kept: of the fleet, a cohort `key=value` or a device. */
export function isOfGroup(scope: string, groupBy: string | undefined): boolean {
  if (groupBy === undefined) return scope === scopeKey({ kind: "fleet" } satisfies Scope);
  return groupBy === "device" ? scope.startsWith("device:") : scope.startsWith(`cohort:${groupBy}=`);
}
