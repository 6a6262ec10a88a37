import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, type Log, seededRandom, type Sha256 } from "@kedge/core";
import { DeviceLoop, DirectorySlots, usualReportEveryMs } from "@kedge/device/adapters";
import type { InferenceRuntime, Prediction } from "@kedge/inference";
import { buildSpec, profileOf, specHash } from "@kedge/profile";
import { type BundleParts, keyIdOf, type PackedBundle, packBundle, type Signer, type TrustedKey } from "@kedge/registry";
import type { Reading } from "@kedge/sensor";
import {
  type DesiredState,
  desiredSigningBytes,
  encodeDesiredState,
  encodeReferenceProfile,
  encodeSignedDesiredState,
  type Link,
  wireLimits,
} from "@kedge/wire";
import { type MemoryBroker, MemoryOutbox, ReportLoop } from "@kedge/wire/adapters";
import type { SenseLoop } from "./sense-loop.js";
import { makeSensing } from "./sensing.js";
import { servedBy } from "./served-model.js";

export const deviceId = "cam-1" as DeviceId;
export const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;

interface Pair {
  readonly signer: Signer;
  readonly trusted: TrustedKey;
  readonly privateKey: KeyObject;
}

function keyPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const keyId = keyIdOf(der, sha256);
  return { signer: { keyId, sign: async (message) => new Uint8Array(sign(null, message, privateKey)) }, trusted: { keyId, publicKey: der }, privateKey };
}

export const targets = keyPair();
export const director = keyPair();
export const stranger = keyPair();

/** What a toy model does; the first byte of its file. */
export const toy = { answers: 1, givesNaN: 2, doesNotLoad: 3, throws: 4 } as const;

/** A runtime for models of one telling byte: class 1 is as sure as the first value of the input, in 255ths. */
export const toyRuntime: InferenceRuntime = {
  kind: "toy",
  async load(model) {
    const [manner] = model;
    if (manner === toy.doesNotLoad) throw new Error("the model does not load");
    return {
      async run({ x }) {
        if (manner === toy.throws) throw new Error("the model ran into a wall");
        const p = manner === toy.givesNaN ? Number.NaN : Number(x?.values[0] ?? 0) / 255;
        return { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(1 - p, p) } };
      },
      async dispose() {},
    };
  },
};

export const reading = (first: number, id = "r"): Reading => ({
  id,
  atMs: 1_750_000_000_000,
  inputs: { image: { type: "uint8", dims: [2, 2], values: Uint8Array.of(first, 2, 3, 4) } },
});

function predictionOf(p: number): Prediction {
  const outcome = { kind: "classification", classIndex: p > 0.5 ? 1 : 0, label: p > 0.5 ? "yes" : "no", probabilities: Float32Array.of(1 - p, p) } as const;
  return { reading: reading(0), outcome, latencyMs: 1, bundleDigest: "" };
}

const goldenCase = {
  inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 2, 3, 4) } },
  outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(1, 0) } },
} as const;

/** A signed bundle for {@link toyRuntime}; its model has a chunk and a bit. */
export function toyBundle(
  version: string,
  manner: number = toy.answers,
  changes: Partial<BundleParts> = {},
  by: Signer = targets.signer,
): Promise<PackedBundle> {
  const random = seededRandom(1);
  const rows = Array.from({ length: 64 }, () => predictionOf(random()));
  const spec = buildSpec({ input: { kind: "none" }, task: "classification" }, rows, ["no", "yes"]);
  const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });
  const parts: BundleParts = {
    name: "toy",
    version,
    createdAtMs: 1_750_000_000_000,
    signature: {
      inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
      outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
      task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
    },
    preprocessing: { inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [] } } },
    model: Uint8Array.from({ length: wireLimits.chunkBytes + 500 }, (_, i) => (i === 0 ? manner : (i * 7 + version.length) & 255)),
    reference: encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile: profileOf(spec, hash, rows), rows: rows.length }] }),
    golden: { tolerance: 1e-5, cases: [goldenCase] },
  };
  return packBundle({ ...parts, ...changes }, by, sha256);
}

export function desire(bundle: Pick<PackedBundle, "digest" | "envelopeSha256">, version: number, changes: Partial<DesiredState> = {}): DesiredState {
  const { digest: bundleDigest, envelopeSha256: manifestDigest } = bundle;
  const rest = { issuedAtMs: 0, deadlineMs: null, sampling: null, windowMs: null };
  return { deviceId, version, rolloutId: `rol_${version}`, bundleDigest, manifestDigest, ...rest, ...changes };
}

export function signedDesire(desired: DesiredState, by: Pair = director, keyId = director.trusted.keyId): Uint8Array {
  const payload = encodeDesiredState(desired);
  return encodeSignedDesiredState({ payload, keyId, signature: new Uint8Array(sign(null, desiredSigningBytes(payload), by.privateKey)) });
}

/** Keeps what is logged, for tests that look. */
export class Journal implements Log {
  readonly lines: string[] = [];
  readonly #note = (fields: Readonly<Record<string, unknown>>, message: string): void => void this.lines.push(`${message} ${JSON.stringify(fields)}`);
  readonly debug = this.#note;
  readonly info = this.#note;
  readonly warn = this.#note;
  readonly error = this.#note;
}

/** Waits for what other tasks bring about. */
export async function until<T>(look: () => T | undefined | false, what = "it", withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface ToyOptions {
  readonly outbox?: MemoryOutbox;
  readonly selfTest?: (directory: string) => Promise<string | undefined>;
}

/** The loops of an agent around toy models, on a real directory and over a broker in memory. */
export class ToyAgent {
  readonly journal = new Journal();
  readonly outbox: MemoryOutbox;
  readonly sense: SenseLoop;
  readonly report: ReportLoop;
  readonly device: DeviceLoop;
  readonly link: Link;

  private constructor(directory: string, slots: DirectorySlots, broker: MemoryBroker, options: ToyOptions) {
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), uptimeMs: () => performance.now() };
    const random = seededRandom(3);
    const log = this.journal;
    this.outbox = options.outbox ?? new MemoryOutbox({ bootEpoch: 7 });
    this.link = broker.link({ clientId: deviceId });
    const { outbox, link } = this;
    const onRecord = (): void => this.report.wake();
    this.report = new ReportLoop({ deviceId, outbox, link, log });
    this.sense = makeSensing({
      deviceId,
      labels: { site: "oslo" },
      stateDir: directory,
      windowMs: 3_600_000,
      policy: { heartbeatMs: null, fineForMs: 60_000 },
      outbox,
      budget: undefined,
      vitals: () => ({ temperatureC: null, memoryMib: null }),
      clock,
      random,
      sha256,
      log,
      onRecord,
      onOutcome: (isGood) => this.device.noteOutcome(isGood),
    }).sense;
    this.device = new DeviceLoop({
      deviceId,
      labels: { site: "oslo" },
      agentVersion: "0.0.0",
      slots,
      model: servedBy(this.sense, toyRuntime),
      outbox,
      link,
      directorKeys: () => [director.trusted],
      targetsKeys: () => [targets.trusted],
      refreshKeys: async () => false,
      probation: { predictions: 3, maxMs: 60_000 },
      selfTest: async (bundle) => options.selfTest?.(bundle.directory),
      onDesired: () => {},
      onRecord,
      reportEveryMs: usualReportEveryMs,
      budget: () => undefined,
      uptimeMs: clock.uptimeMs,
      clock,
      random,
      log,
    });
  }

  static async start(directory: string, broker: MemoryBroker, options: ToyOptions = {}): Promise<ToyAgent> {
    const agent = new ToyAgent(directory, await DirectorySlots.open(directory), broker, options);
    agent.sense.start();
    await agent.report.start();
    await agent.device.start();
    agent.link.connect().catch(() => undefined);
    return agent;
  }

  /** Enough readings for a probation. */
  async see(readings = 4): Promise<void> {
    for (let i = 0; i < readings; i += 1) await this.sense.predict(reading(10 * i));
  }

  async stop(): Promise<void> {
    await this.sense.stop();
    this.report.stop();
    await this.device.stop();
    await this.link.close();
  }
}

/** A directory of its own, gone with the test. */
export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "kedge-agent-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
