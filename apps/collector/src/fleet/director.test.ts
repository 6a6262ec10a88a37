import { type DeviceId, parseSelector } from "@kedge/core";
import { createKeyPair, MemoryBundleStore, storePackedBundle, verifyEd25519 } from "@kedge/registry/adapters";
import { sha256 } from "@kedge/registry/adapters";
import { samplingOff } from "@kedge/sample";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { decodeDesiredState, decodeSignedDesiredState, type DesiredState, desiredSigningBytes, parseTopic } from "@kedge/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tinyBundle } from "../../../../packages/registry/src/tiny-bundle.fixture.js";
import { collections } from "../collections.js";
import { loadConfig } from "../config.js";
import { deviceRecord } from "./device.fixture.js";
import { Director } from "./director.js";
import { Fleet } from "./fleet.js";

const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
const keys = createKeyPair();
const bundles = new MemoryBundleStore(clock);
const cam = "cam-1" as DeviceId;

interface Said {
  readonly deviceId: string;
  readonly retain: boolean | undefined;
  readonly state: DesiredState | null;
}
const said: Said[] = [];
let store: OpenStore;
let fleet: Fleet;

async function openDirector(flags: Readonly<Record<string, string>> = {}): Promise<Director> {
  const config = loadConfig(undefined, { HOME: "/" }, flags);
  return new Director({
    fleet,
    bundles,
    signer: keys.signer,
    config,
    clock,
    async publish(topic, payload, { retain }) {
      const parsed = parseTopic(topic);
      const deviceId = parsed?.kind === "device" ? parsed.deviceId : "";
      if (payload.length === 0) return void said.push({ deviceId, retain, state: null });
      const signed = decodeSignedDesiredState(payload);
      if (signed.kind !== "decoded") throw new Error(signed.message);
      const bytes = desiredSigningBytes(signed.value.payload);
      if (!verifyEd25519(bytes, signed.value.signature, keys.trusted.publicKey)) throw new Error("not signed by the director");
      const state = decodeDesiredState(signed.value.payload);
      if (state.kind !== "decoded") throw new Error(state.message);
      said.push({ deviceId, retain, state: state.value });
    },
  });
}

async function bundle(version: string) {
  const packed = await tinyBundle(keys.signer, sha256, { version });
  await storePackedBundle(packed, bundles);
  return packed.digest;
}

beforeEach(async () => {
  said.length = 0;
  store = await openSqliteStore(":memory:", clock);
  fleet = new Fleet(store.records.documents(collections.devices), clock);
  await fleet.add(deviceRecord("cam-1", { site: "oslo" }));
  await fleet.add(deviceRecord("cam-2", { site: "lyon" }));
});
afterEach(() => store.close());

test("what is wanted is signed and retained; its version grows, also when it goes back", async () => {
  const [one, two] = [await bundle("1.0.0"), await bundle("2.0.0")];
  const director = await openDirector();
  await director.setDesired(cam, one, "rol_1");
  await director.setDesired(cam, two, "rol_1");
  await director.setDesired(cam, one, "rol_2");
  expect(said).toMatchObject([
    { deviceId: cam, retain: true, state: { version: 1, bundleDigest: one, rolloutId: "rol_1", deviceId: cam } },
    { state: { version: 2, bundleDigest: two } },
    { state: { version: 3, bundleDigest: one, rolloutId: "rol_2" } },
  ]);
});

test("what is wanted already is said again under the same version", async () => {
  const one = await bundle("1.0.0");
  const director = await openDirector();
  await director.setDesired(cam, one, "rol_1");
  await director.setDesired(cam, one, "rol_1");
  expect(said.map((s) => s.state?.version)).toEqual([1, 1]);
});

test("a version goes on from where it was after a restart", async () => {
  const [one, two] = [await bundle("1.0.0"), await bundle("2.0.0")];
  await (await openDirector()).setDesired(cam, one, null);
  fleet = new Fleet(store.records.documents(collections.devices), clock);
  await fleet.load();
  await (await openDirector()).setDesired(cam, two, null);
  expect(said.at(-1)?.state?.version).toBe(2);
});

test("nobody may sample until the policy says so, and then only who it names", async () => {
  const one = await bundle("1.0.0");
  await (await openDirector()).setDesired(cam, one, null);
  expect(said.at(-1)?.state?.sampling).toEqual(samplingOff);
  const director = await openDirector({ "sampling.selector": "site=oslo", "sampling.perHour": "60", "sampling.perHourDuringIncident": "600" });
  await director.setDesired(cam, one, null);
  expect(said.at(-1)?.state?.sampling).toMatchObject({ maxPerHour: 60 });
  await director.setDesired("cam-2" as DeviceId, one, null);
  expect(said.at(-1)?.state?.sampling).toEqual(samplingOff);
});

test("while labels are waited for, the scope in question may send more, and then no more", async () => {
  const one = await bundle("1.0.0");
  const director = await openDirector({ "sampling.selector": '""', "sampling.perHour": "60", "sampling.perHourDuringIncident": "600" });
  for (const { deviceId } of fleet.members()) await director.setDesired(deviceId, one, null);
  said.length = 0;
  await director.wantSamples(["site=oslo"]);
  expect(said.map((s) => [s.deviceId, s.state?.version, s.state?.sampling?.maxPerHour])).toEqual([
    ["cam-1", 2, 600],
    ["cam-2", 2, 60],
  ]);
  said.length = 0;
  await director.wantSamples(["site=oslo"]);
  expect(said).toEqual([]);
  await director.wantSamples([]);
  expect(said.map((s) => s.state?.sampling?.maxPerHour)).toEqual([60, 60]);
});

test("of a retired device nothing is wanted: what was retained is taken away", async () => {
  await (await openDirector()).setDesired(cam, await bundle("1.0.0"), null);
  const retired = await fleet.update(cam, (d) => ({ ...d, isRetired: true }));
  if (retired === undefined) throw new Error("no device");
  await (await openDirector()).say(retired);
  expect(said.at(-1)).toEqual({ deviceId: cam, retain: true, state: null });
  expect(fleet.members(parseSelector("site=oslo") as never)).toEqual([]);
});
