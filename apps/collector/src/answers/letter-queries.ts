import type { DeadLetter, DeadLetterDetail } from "@kedge/api";
import type { Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { type StoredDeadLetter, storeLimits, type TimeSeriesStore } from "@kedge/store";
import {
  type Decoded,
  decodeBirth,
  decodeChunkRequest,
  decodeDeath,
  decodeReportedState,
  decodeSample,
  decodeUpdateEvent,
  decodeWindow,
  outlineOf,
  type Rejected,
  readHeading,
  type Sample,
} from "@kedge/wire";
import type { Queries } from "../commands.js";
import type { BundleShelf } from "../fleet/bundle-shelf.js";

/** What the answers are made from. */
export interface LetterServices {
  readonly series: Pick<TimeSeriesStore, "deadLetters" | "deadLetter" | "deadLetterTotals">;
  readonly shelf: Pick<BundleShelf, "specHashOf">;
}

type Holds = NonNullable<DeadLetterDetail["reading"]>["holds"];

const when = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

/** Longest that a value of a message is shown. */
const shown = 200;

/** What a message holds that is none of a window or a sample: its plain fields. */
function plainFields(value: object): Holds {
  const entries = Object.entries(value).filter(([, v]) => typeof v === "string" || typeof v === "number") as [string, string | number][];
  return Object.fromEntries(entries.map(([k, v]) => [k, typeof v === "string" ? v.slice(0, shown) : v]));
}

function windowHolds(window: Window, { shelf }: LetterServices): Holds {
  const { key, startMs, endMs, bundleDigest, profile } = window;
  const known = shelf.specHashOf(bundleDigest as Sha256);
  return {
    what: `window ${key.bootEpoch}/${key.seq} of ${key.deviceId}`,
    start: when(startMs),
    end: when(endMs),
    bundle: `${bundleDigest} (${known === undefined ? "not registered" : "registered"})`,
    spec: `${profile.specHash}${known === undefined ? "" : known === profile.specHash ? " (the bundle's)" : ` (the bundle has ${known})`}`,
    rows: profile.rows,
    errors: profile.errors,
    features: profile.features.length,
  };
}

function sampleHolds(sample: Sample): Holds {
  const { key, atMs, bundleDigest, predictedLabel, inputs } = sample;
  return {
    what: `sample ${key.bootEpoch}/${key.seq} of ${key.deviceId}`,
    at: when(atMs),
    bundle: bundleDigest,
    predicted: predictedLabel.slice(0, shown),
    inputs: inputs.length,
  };
}

const decoders: Readonly<Record<string, (bytes: Uint8Array) => Decoded<object> | Rejected>> = {
  evt: decodeUpdateEvent,
  birth: decodeBirth,
  death: decodeDeath,
  reported: decodeReportedState,
  "art/get": decodeChunkRequest,
};

/** What is read in a message now, held against what is registered now. */
function readingOf({ leaf, bytes, size }: StoredDeadLetter, services: LetterServices): DeadLetterDetail["reading"] {
  if (bytes.length < size) return null;
  const fault = ({ code, message }: Rejected): NonNullable<DeadLetterDetail["reading"]> => ({ fault: { code, message }, holds: {} });
  if (leaf === "stats") {
    const window = decodeWindow(bytes);
    return window.kind === "rejected" ? fault(window) : { fault: null, holds: windowHolds(window.value, services) };
  }
  if (leaf === "sample") {
    const sample = decodeSample(bytes);
    return sample.kind === "rejected" ? fault(sample) : { fault: null, holds: sampleHolds(sample.value) };
  }
  const decoded = decoders[leaf]?.(bytes);
  if (decoded === undefined) return null;
  return decoded.kind === "rejected" ? fault(decoded) : { fault: null, holds: plainFields(decoded.value) };
}

function view({ bytes, ...letter }: StoredDeadLetter): DeadLetter {
  return { ...letter, keptBytes: bytes.length };
}

/** Messages that were refused: which, how many, and what can be seen in one. */
export function letterQueries(services: LetterServices): Pick<Queries, "deadLetters" | "deadLetterTotals" | "deadLetter"> {
  const { series } = services;
  return {
    async deadLetters({ limit, cursor, deviceId, reason }) {
      const beforeId = cursor === undefined ? Number.NaN : Number(cursor);
      const found = await series.deadLetters({
        limit: limit + 1,
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(reason === undefined ? {} : { reason }),
        ...(Number.isSafeInteger(beforeId) ? { beforeId } : {}),
      });
      const items = found.slice(0, limit).map(view);
      return { items, nextCursor: found.length > limit ? String(items.at(-1)?.id ?? 0) : null };
    },
    async deadLetterTotals() {
      const items = (await series.deadLetterTotals()).map(({ reason, total, kept, newestMs }) => ({
        reason,
        total,
        kept,
        dropped: total - kept,
        newestAtMs: newestMs,
      }));
      return { mostKept: storeLimits.deadLetters, mostOfDevice: storeLimits.deadLettersOfDevice, mostBytes: storeLimits.deadLetterBytes, items };
    },
    async deadLetter(id) {
      const letter = await series.deadLetter(id);
      if (letter === undefined) return undefined;
      const { parts, brokenAt, isCut } = outlineOf(letter.bytes);
      // Of what is kept in part only, the end is ours and not the message's.
      const isOurs = isCut && letter.bytes.length < letter.size;
      return {
        ...view(letter),
        base64: Buffer.from(letter.bytes).toString("base64"),
        heading: readHeading(letter.bytes),
        parts,
        brokenAt: isOurs ? null : brokenAt,
        reading: readingOf(letter, services),
      };
    },
  };
}
