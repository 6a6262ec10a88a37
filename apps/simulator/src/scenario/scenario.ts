import { isLabelKey, isLabelValue, parseSelector } from "@kedge/core";
import { z } from "zod";
import { lengthExample, lengthMs } from "./lengths.js";

/** A length of time: `10s`, or milliseconds as a number. */
const length = (leastMs: number, mostMs: number) =>
  z
    .union([z.string(), z.number()], { error: `must be ${lengthExample}` })
    .transform((given, context) => {
      const ms = typeof given === "number" ? given : lengthMs(given);
      if (ms !== undefined && Number.isFinite(ms) && ms >= leastMs && ms <= mostMs) return ms;
      context.addIssue({ code: "custom", message: ms === undefined ? `must be ${lengthExample}` : `must be from ${leastMs} ms to ${mostMs} ms` });
      return z.NEVER;
    })
    .pipe(z.number());

const dayMs = 86_400_000;
const share = z.number().min(0).max(1);
const selector = z.string().refine((text) => typeof parseSelector(text) !== "string", "is no label selector such as site=oslo");

const change = z.discriminatedUnion("kind", [
  /** Numbers move by so many of the reference's standard deviations. */
  z.strictObject({ kind: z.literal("mean"), by: z.number() }),
  /** Numbers lie so many times as far from the reference's mean. */
  z.strictObject({ kind: z.literal("spread"), by: z.number().min(0) }),
  /** A number stays what it is, another one on each device. */
  z.strictObject({ kind: z.literal("stuck") }),
  /** So large a share of the values is missing. */
  z.strictObject({ kind: z.literal("missing"), share }),
  /** Numbers come in another unit: value × by + offset. */
  z.strictObject({ kind: z.literal("unit"), by: z.number(), offset: z.number().default(0) }),
  /** So large a share of the words is this one; it may be a new one. */
  z.strictObject({ kind: z.literal("mix"), category: z.string().min(1), share }),
]);

const drift = z.strictObject({
  /** Which devices, by their labels; empty: all. */
  selector: selector.default(""),
  /** From when on, after the windows began, and until when. */
  at: length(0, 365 * dayMs).default(0),
  until: length(0, 365 * dayMs)
    .nullable()
    .default(null),
  /** How long it takes to come; 0: at once. */
  over: length(0, 365 * dayMs).default(0),
  /** Which features; null: every input of the change's kind, or outputs where there are none. */
  features: z.array(z.string().min(1)).min(1).nullable().default(null),
  change,
});

const clockFault = z.strictObject({
  /** Clocks are off by up to so much, either way. */
  skew: length(0, 365 * dayMs).default(0),
  /** On how many of the devices. */
  share: share.default(1),
  /** On how many of the devices the clock starts at 1970 with every start. */
  withoutShare: share.default(0),
});

const brokerKill = z
  .strictObject({
    every: length(1_000, dayMs),
    /** Whom to kill (SIGKILL): a process that somebody restarts, a unit of systemd, or a program that the simulator runs itself. */
    pid: z.int().min(2).optional(),
    unit: z.string().min(1).optional(),
    command: z.array(z.string().min(1)).min(1).optional(),
    /** How long the simulator leaves its own program dead. */
    downFor: length(0, dayMs).default(2_000),
  })
  .refine((kill) => [kill.pid, kill.unit, kill.command].filter((k) => k !== undefined).length === 1, "needs exactly one of pid, unit and command");

const faults = z.strictObject({
  /** Of messages with an end-to-end answer, and of these answers. A lost one was acknowledged by the "broker" all the same. */
  link: z
    .strictObject({
      loss: z.number().min(0).max(0.95).default(0),
      duplication: share.default(0),
      /** This share is held back until others have passed by. */
      reordering: share.default(0),
      /** Each waits for a time between these. */
      delay: z.tuple([length(0, 3_600_000), length(0, 3_600_000)]).default([0, 0]),
    })
    .prefault({}),
  clock: clockFault.prefault({}),
  /** All connections are cut at once. */
  storm: z
    .strictObject({ every: length(1_000, dayMs) })
    .nullable()
    .default(null),
  /** Every so often this share of the devices is switched off and on: what was being counted is gone, the outbox stays. */
  crash: z
    .strictObject({ every: length(1_000, dayMs), share: share.default(0.05), downFor: length(0, dayMs).default(2_000) })
    .nullable()
    .default(null),
  /** Devices that find a new bundle's golden inputs wrong; that get no good answers from it. */
  update: z.strictObject({ selfTest: share.default(0), probation: share.default(0) }).prefault({}),
  brokerKill: brokerKill.nullable().default(null),
});

const name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z, 0-9 and -, and begin with a letter");

const scenario = z.strictObject({
  formatVersion: z.literal(1).default(1),
  /** Begins the devices' names and is their label `simulation`. */
  name: name.default("sim"),
  devices: z.int().min(1).max(1_000_000).default(10),
  /** Rows, faults and times come from it. */
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  /** Labels; of several values the devices get one each in turn. */
  labels: z
    .record(z.string().refine(isLabelKey, "is no label key such as site"), z.union([z.string(), z.array(z.string()).min(1)]))
    .refine((labels) => Object.values(labels).flat().every(isLabelValue), "has a value that no label can have")
    .default({}),
  /** Length of a window, and predictions in it. */
  interval: length(100, dayMs).default(60_000),
  rows: z.int().min(1).max(1_000_000).default(60),
  /** Draw windows that no drift touches from so many that were counted beforehand: less work, for load. */
  pool: z.int().min(1).max(100_000).nullable().default(null),
  /** How long windows are made; null: until Ctrl-C. */
  duration: length(1_000, 365 * dayMs)
    .nullable()
    .default(null),
  /** How long what is not acknowledged at the end is waited for. */
  drain: length(0, dayMs).default(60_000),
  /** How long it takes all devices to connect at first; null: 200 a second. */
  ramp: length(0, dayMs).nullable().default(null),
  /** Bytes that a device's outbox holds. */
  outboxBytes: z
    .int()
    .min(4_096)
    .default(4 * 1024 * 1024),
  drift: z.array(drift).max(100).default([]),
  faults: faults.prefault({}),
});

/** What is simulated. */
export type Scenario = z.infer<typeof scenario>;
/** A change of what devices see, from a moment on. */
export type Drift = Scenario["drift"][number];
/** How values change. */
export type Change = Drift["change"];
/** What goes wrong. */
export type Faults = Scenario["faults"];

/** A fault of a scenario: where, what was found, what was expected. */
export interface ScenarioFault {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

function foundAt(tree: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), tree);
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads a scenario from what a YAML file or flags gave; or all that is wrong with it. */
export function readScenario(tree: unknown): Scenario | readonly ScenarioFault[] {
  const parsed = scenario.safeParse(tree);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.flatMap((issue): ScenarioFault[] => {
    const at = (more: readonly PropertyKey[] = []): string => [...issue.path, ...more].map(String).join(".") || "(top)";
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: at([key]), found: foundAt(tree, [...issue.path, key]), expected: "there is no such key" }));
    return [{ path: at(), found: foundAt(tree, issue.path), expected: issue.message }];
  });
}

/** Whether {@link readScenario} gave faults. */
export function isFaulty(read: Scenario | readonly ScenarioFault[]): read is readonly ScenarioFault[] {
  return Array.isArray(read);
}
