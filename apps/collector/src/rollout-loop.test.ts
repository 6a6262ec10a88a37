import { type DeviceId, KedgeError, parseSelector, type Sha256, silentLog } from "@kedge/core";
import { type Profile, type ProfileSpec, specHash, type Window } from "@kedge/profile";
import { createKeyPair, MemoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { createRollout, planRollout } from "@kedge/rollout";
import type { Documents } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { decodeDesiredState, decodeSignedDesiredState, encodeReferenceProfile, parseTopic } from "@kedge/wire";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tinyBundle } from "../../../packages/registry/src/tiny-bundle.fixture.js";
import { collections, type RolloutRecord } from "./collections.js";
import { loadConfig } from "./config.js";
import { BundleShelf } from "./fleet/bundle-shelf.js";
import { deviceRecord, report } from "./fleet/device.fixture.js";
import { Director } from "./fleet/director.js";
import { Fleet } from "./fleet/fleet.js";
import { type RolloutDeps, RolloutLoop } from "./rollout-loop.js";

const nowMs = 1_790_000_000_000;
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
const devices = ["cam-1", "cam-2", "cam-3"] as DeviceId[];
const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "none" }, task: "classification" },
  features: [{ kind: "categorical", name: "class", role: "output", categories: ["no", "été"] }],
};
const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });

function profile(no: number, yes: number, errors = 0): Profile {
  const rows = no + yes;
  return { specHash: hash, rows, errors, features: [{ kind: "categorical", counts: [no, yes], other: 0, missing: 0, wrongType: 0, count: rows }] };
}

let store: OpenStore;
let rollouts: Documents<RolloutRecord>;
let fleet: Fleet;
let bundles: MemoryBundleStore;
let bundle: Sha256;
const wishes: { readonly deviceId: string; readonly digest: Sha256; readonly version: number }[] = [];
const told: string[] = [];
const older = "0".repeat(64) as Sha256;

function openLoop(changes: Partial<RolloutDeps> = {}): RolloutLoop {
  const director = new Director({
    fleet,
    bundles,
    signer: createKeyPair().signer,
    config: loadConfig(undefined, { HOME: "/" }, {}),
    clock,
    async publish(topic, payload) {
      const parsed = parseTopic(topic);
      const signed = decodeSignedDesiredState(payload);
      const state = signed.kind === "decoded" ? decodeDesiredState(signed.value.payload) : signed;
      if (parsed?.kind === "device" && state.kind === "decoded")
        wishes.push({ deviceId: parsed.deviceId, digest: state.value.bundleDigest, version: state.value.version });
    },
  });
  return new RolloutLoop({
    rollouts,
    fleet,
    director,
    shelf: new BundleShelf(bundles),
    series: store.series,
    clock,
    log: silentLog,
    onRollout: async () => undefined,
    announce: async (_record, effect) => void told.push(effect.type),
    ...changes,
  });
}

beforeEach(async () => {
  wishes.length = 0;
  told.length = 0;
  store = await openSqliteStore(":memory:", clock);
  rollouts = store.records.documents(collections.rollouts);
  fleet = new Fleet(store.records.documents(collections.devices), clock);
  bundles = new MemoryBundleStore(clock);
  const reference = encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile: profile(500, 500), rows: 1_000 }] });
  const packed = await tinyBundle(createKeyPair().signer, sha256, { reference });
  await storePackedBundle(packed, bundles);
  bundle = packed.digest;
  for (const id of devices) {
    await fleet.add({ ...deviceRecord(id, { site: "oslo" }), reported: report(id, "IDLE", older) });
    fleet.heardOf(id);
  }
  const everyone = parseSelector("");
  if (typeof everyone === "string") throw new Error(everyone);
  const candidates = fleet.members().map((d) => ({ deviceId: d.deviceId, labels: d.labels, runningDigest: older, isRetired: false, lastSeenMs: nowMs }));
  const plan = planRollout(candidates, { bundleDigest: bundle, selector: everyone, canary: 1, canaryFrom: everyone, wavesPercent: [100], salt: "s" });
  const state = createRollout(plan, new Map(devices.map((id) => [id, older])), { maxFailures: 0, waveTimeoutMs: 60_000, nowMs });
  await rollouts.insert("rol_1", { rolloutId: "rol_1", state, selector: "", gateRows: 100, createdBy: "test", incidentId: null, jobId: null, excluded: [] });
});
afterEach(() => store.close());

async function stateNow(): Promise<RolloutRecord["state"]> {
  const found = await rollouts.get("rol_1");
  if (found === undefined) throw new Error("no rollout");
  return found.body.state;
}

async function commits(loop: RolloutLoop, deviceId: DeviceId): Promise<void> {
  const said = report(deviceId, "COMMITTED", bundle);
  await fleet.update(deviceId, (d) => ({ ...d, reported: said }));
  loop.reported(said);
}

async function predicts(deviceId: DeviceId, seq: number, seen: Profile): Promise<void> {
  const window: Window = {
    key: { deviceId, bootEpoch: 1, seq },
    startMs: nowMs,
    endMs: nowMs + 1_000,
    bundleDigest: bundle,
    trigger: "interval",
    profile: seen,
  };
  await store.series.commit({ windows: [window], samples: [], marks: [] });
}

test("a rollout goes wave by wave, each by what its devices said and showed, to its end", async () => {
  const loop = openLoop();
  await loop.apply("rol_1", { kind: "Started" });
  const [canary] = (await stateNow()).waves[0]?.deviceIds ?? [];
  if (canary === undefined) throw new Error("no canary");
  expect(wishes).toEqual([{ deviceId: canary, digest: bundle, version: 1 }]);

  await commits(loop, canary);
  await loop.tick();
  expect((await stateNow()).waves[0]).toMatchObject({ status: "SOAKING", gate: [{ verdict: "waiting" }, { verdict: "waiting" }] });
  await predicts(canary, 1, profile(99, 0));
  await loop.tick();
  // Ninety-nine predictions are not the hundred that were asked for.
  expect((await stateNow()).waves[0]?.status).toBe("SOAKING");
  await predicts(canary, 2, profile(1, 100));
  await loop.tick();
  expect(await stateNow()).toMatchObject({ status: "RUNNING", wave: 1 });

  const rest = devices.filter((id) => id !== canary);
  expect(
    wishes
      .slice(1)
      .map((w) => w.deviceId)
      .sort(),
  ).toEqual(rest);
  for (const id of rest) await commits(loop, id);
  for (const id of rest) await predicts(id, 1, profile(60, 60));
  await loop.tick();
  expect(await stateNow()).toMatchObject({ status: "FINISHED" });
  expect(told.at(-1)).toBe("rollout.completed");
  await loop.stop();
});

test("answers that are not what the reference promises send the canary back, and reach nobody else", async () => {
  const loop = openLoop();
  await loop.apply("rol_1", { kind: "Started" });
  const [canary] = (await stateNow()).waves[0]?.deviceIds ?? [];
  if (canary === undefined) throw new Error("no canary");
  await commits(loop, canary);
  await predicts(canary, 1, profile(0, 500));
  await loop.tick();
  expect((await stateNow()).status).toBe("ROLLING_BACK");
  expect(fleet.get(canary)?.desired).toMatchObject({ version: 2, digest: older });
  expect(new Set(wishes.map((w) => w.deviceId))).toEqual(new Set([canary]));
  loop.reported(report(canary, "IDLE", older));
  await loop.tick();
  expect((await stateNow()).status).toBe("ROLLED_BACK");
  await loop.stop();
});

test("what was decided before a crash is wished again after it, once", async () => {
  const crashing = openLoop({ director: { setDesired: () => Promise.reject(new Error("the power went")) } });
  await expect(crashing.apply("rol_1", { kind: "Started" })).rejects.toThrow("the power went");
  expect(await stateNow()).toMatchObject({ status: "RUNNING" });
  expect(wishes).toEqual([]);
  await crashing.stop();
  const loop = openLoop();
  await loop.tick();
  expect(wishes).toMatchObject([{ digest: bundle, version: 1 }]);
  await loop.tick();
  expect(wishes).toHaveLength(1);
  await loop.stop();
});

test("a rollout that is not there, or an event that does not fit, changes nothing", async () => {
  const loop = openLoop();
  expect(await loop.apply("rol_2", { kind: "Started" })).toBeUndefined();
  expect(await loop.apply("rol_1", { kind: "UndoRequested", reason: "test" })).toMatchObject({ refused: expect.any(String) });
  expect((await stateNow()).status).toBe("READY");
  await loop.stop();
});

test("what many devices say at once is stored at once, and each is noted", async () => {
  let stored = 0;
  const loop = openLoop({
    onRollout: async () => {
      stored += 1;
    },
  });
  await loop.apply("rol_1", { kind: "Started" });
  const before = stored;
  // Also what a device said a moment before: the last word counts.
  for (const id of devices) loop.reported(report(id, "DOWNLOADING", older));
  for (const id of devices) loop.reported(report(id, "COMMITTED", bundle));
  await vi.waitFor(async () => expect(stored).toBeGreaterThan(before), { timeout: 5_000 });
  await loop.stop();
  expect(stored).toBe(before + 1);
  const [canary = ""] = (await stateNow()).waves[0]?.deviceIds ?? [];
  expect((await stateNow()).devices[canary as DeviceId]?.status).toBe("COMMITTED");
});

/** Records that cannot be read as long as `isDown` says so. */
function failing(isDown: () => boolean): Documents<RolloutRecord> {
  const fail = (): Promise<never> => Promise.reject(new KedgeError("store/unavailable", "the disk does not answer", { retryable: true }));
  return new Proxy(rollouts, {
    get: (target, name: keyof Documents<RolloutRecord>) => (name === "list" && isDown() ? fail : target[name].bind(target)),
  });
}

test("reports are not lost when the store fails once, the last of a device counts, and a command behind them goes through", async () => {
  let isDown = false;
  const errors: string[] = [];
  const log = { ...silentLog, error: (_: object, message: string) => void errors.push(message) };
  const loop = openLoop({ rollouts: failing(() => isDown), log });
  await loop.apply("rol_1", { kind: "Started" });
  const [canary] = (await stateNow()).waves[0]?.deviceIds ?? [];
  if (canary === undefined) throw new Error("no canary");
  isDown = true;
  loop.reported(report(canary, "DOWNLOADING", older, bundle));
  expect(await loop.apply("rol_1", { kind: "PauseRequested", reason: "look first" })).toMatchObject({ state: { status: "PAUSED" } });
  expect(errors).toEqual(["what devices reported could not be stored; it is tried again"]);
  expect((await stateNow()).devices[canary]?.status).toBe("OFFERED");
  loop.reported(report(canary, "COMMITTED", bundle));
  isDown = false;
  // Nothing else happens, and nobody ticks: it is tried again by itself.
  await vi.waitFor(async () => expect((await stateNow()).devices[canary]?.status).toBe("COMMITTED"), { timeout: 5_000 });
  const { version } = (await rollouts.get("rol_1")) ?? {};
  await loop.tick();
  expect(await rollouts.get("rol_1")).toMatchObject({ version });
  await loop.stop();
});

test("a collector that no longer evaluates the fleet goes on taking what its devices report", async () => {
  const loop = openLoop();
  await loop.apply("rol_1", { kind: "Started" });
  const [canary] = (await stateNow()).waves[0]?.deviceIds ?? [];
  if (canary === undefined) throw new Error("no canary");
  loop.reported(report(canary, "DOWNLOADING", older, bundle));
  await loop.stop();
  loop.reported(report(canary, "COMMITTED", bundle));
  await vi.waitFor(async () => expect((await stateNow()).devices[canary]?.status).toBe("COMMITTED"), { timeout: 5_000 });
  await loop.stop();
});
