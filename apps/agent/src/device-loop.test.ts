import type { DeviceId } from "@kedge/core";
import type { PackedBundle } from "@kedge/registry";
import { encodeChunk } from "@kedge/wire";
import { MemoryBroker, MemoryOutbox } from "@kedge/wire/adapters";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { DeskCollector } from "./desk-collector.fixture.js";
import {
  desire,
  deviceId,
  director,
  reading,
  signedDesire,
  stranger,
  temporaryDirectory,
  ToyAgent,
  type ToyOptions,
  toy,
  toyBundle,
  until,
} from "./toy-agent.fixture.js";

vi.setConfig({ testTimeout: 30_000 });

let first: PackedBundle;
let second: PackedBundle;
beforeAll(async () => {
  [first, second] = await Promise.all([toyBundle("1"), toyBundle("22")]);
});

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let broker: MemoryBroker;
let collector: DeskCollector;
const agents: ToyAgent[] = [];
beforeEach(async () => {
  home = await temporaryDirectory();
  broker = new MemoryBroker();
  collector = new DeskCollector(broker);
  collector.offer(first, second);
  await collector.start();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  expect(collector.unreadable).toEqual([]);
  await home.remove();
});

async function start(options: ToyOptions = {}): Promise<ToyAgent> {
  const agent = await ToyAgent.start(home.path, broker, options);
  agents.push(agent);
  return agent;
}

const isOnTrial = ({ digest }: PackedBundle): boolean => collector.last?.update === "PROBATION" && collector.last.runningDigest === digest;

/** An agent that runs `first`, committed. */
async function running(options: ToyOptions = {}): Promise<ToyAgent> {
  const agent = await start(options);
  await collector.want(desire(first, 1));
  await until(() => isOnTrial(first), "the first bundle");
  await agent.see();
  await until(() => collector.last?.update === "COMMITTED", "the first commit");
  return agent;
}

/** What must hold after an attack: what ran still answers. */
async function stillAnswers(agent: ToyAgent): Promise<void> {
  const answer = await agent.sense.predict(reading(255));
  expect(answer).toMatchObject({ kind: "predicted", prediction: { bundleDigest: first.digest, outcome: { label: "yes" } } });
}

describe("a device", () => {
  test("says that it is here, takes the bundle that is wanted, and tells each step once", async () => {
    const agent = await running();
    expect(collector.births).toMatchObject([{ deviceId, bootEpoch: 7, labels: { site: "oslo" }, bundleDigest: null }]);
    const { digest } = first;
    expect(collector.last).toMatchObject({
      runningDigest: digest,
      previousDigest: null,
      desiredVersion: 1,
      update: "COMMITTED",
      targetDigest: digest,
      reason: "",
    });
    await stillAnswers(agent);
    await until(() => collector.events.length === 5, "five steps");
    expect(collector.events.map((e) => `${e.from} → ${e.to}`)).toEqual([
      "IDLE → PENDING",
      "PENDING → DOWNLOADING",
      "DOWNLOADING → SELF_TESTING",
      "SELF_TESTING → PROBATION",
      "PROBATION → COMMITTED",
    ]);
    expect(collector.events.every((e) => e.rolloutId === "rol_1" && e.targetDigest === digest)).toBe(true);
    await until(() => agent.outbox.stats().records === 0, "the acknowledgements");
  });

  test("that was away is told when it comes: the wish waits for it", async () => {
    await collector.want(desire(first, 1));
    const agent = await start();
    await until(() => isOnTrial(first), "the bundle");
    await agent.see();
    await until(() => collector.last?.update === "COMMITTED", "the commit");
  });

  test("serves from its start what it ran before, without a collector", async () => {
    await (await running()).stop();
    broker.stop();
    await stillAnswers(await start());
  });

  test("goes on with a download after its connection was cut, and says again that it is here", async () => {
    const agent = await running();
    let isCut = false;
    collector.onTheWay = (chunk) => {
      if (isCut || chunk.digest !== second.manifest.files.model.sha256 || chunk.index !== 1) return encodeChunk(chunk);
      isCut = true;
      broker.cut(deviceId);
      return undefined;
    };
    await collector.want(desire(second, 2));
    await until(() => isOnTrial(second), "the second bundle");
    await agent.see();
    await until(() => collector.last?.runningDigest === second.digest && collector.last.update === "COMMITTED", "the second commit");
    expect([isCut, collector.births.length]).toEqual([true, 2]);
  });

  test("goes back where the rollout is taken back, also in the middle of a download", async () => {
    await running();
    collector.onTheWay = (chunk) => {
      if (chunk.digest === second.manifest.files.model.sha256) void collector.want(desire(first, 3));
      return encodeChunk(chunk);
    };
    await collector.want(desire(second, 2));
    await until(() => collector.last?.desiredVersion === 3 && collector.last.update === "COMMITTED", "the word that it runs what is wanted");
    expect(collector.last).toMatchObject({ runningDigest: first.digest, targetDigest: first.digest, reason: "" });
  });

  test("says again that it is here when its outbox had to drop something, so that nobody waits for it", async () => {
    const outbox = new MemoryOutbox({ bootEpoch: 7, maxBytes: 4_000 });
    const agent = await running({ outbox });
    collector.isAcknowledging = false;
    const before = collector.births.length;
    for (let i = 0; i < 40; i += 1) {
      await agent.sense.predict(reading(i));
      agent.sense.closeWindow("interval");
    }
    await until(() => collector.births.length > before, "another birth");
    expect(collector.births.at(-1)?.oldestSeq).toBeGreaterThan(6);
    expect(outbox.stats().droppedRecords).toBeGreaterThan(0);
  });
});

describe("what a device does not follow: it runs on and tells why", () => {
  test.each<readonly [string, () => Uint8Array, RegExp]>([
    ["noise", () => Uint8Array.from({ length: 99 }, (_, i) => (i * 91) & 255), /^wire\//],
    ["signed by a stranger", () => signedDesire(desire(second, 2), stranger), /^device\/untrusted-desired: .*director's/],
    ["signed by somebody unknown", () => signedDesire(desire(second, 2), stranger, stranger.trusted.keyId), /^device\/untrusted-desired: .*no director/],
    ["for another device", () => signedDesire({ ...desire(second, 2), deviceId: "cam-2" as DeviceId }), /^device\/other-device/],
    ["too late", () => signedDesire(desire(second, 2, { deadlineMs: 1 })), /^device\/past-deadline/],
    ["too large", () => new Uint8Array(70_000), /^wire\/oversize/],
  ])("a desired state that is %s", async (_, payload, reason) => {
    const agent = await running();
    await collector.want(payload());
    await until(() => reason.test(collector.last?.reason ?? ""), "the reason");
    expect(collector.last).toMatchObject({ runningDigest: first.digest, update: "COMMITTED", desiredVersion: 1 });
    await stillAnswers(agent);
    await collector.want(desire(second, 3));
    await until(() => collector.last?.runningDigest === second.digest, "a good one after it");
  });

  test("a desired state that is an old one played again", async () => {
    const agent = await running();
    await collector.want(desire(first, 3));
    await until(() => collector.last?.desiredVersion === 3, "the newer one");
    await collector.want(desire(second, 2));
    await until(() => /^device\/stale-desired/.test(collector.last?.reason ?? ""), "the reason");
    await stillAnswers(agent);
  });

  test("an empty desired state, which only clears what was kept", async () => {
    const agent = await running();
    const told = collector.reports.length;
    await collector.want(new Uint8Array(0));
    await stillAnswers(agent);
    expect(collector.reports.length).toBe(told);
  });

  test("a bundle of which a byte was changed on the way", async () => {
    const agent = await running();
    const { sha256 } = second.manifest.files.model;
    collector.onTheWay = (chunk) => encodeChunk(chunk.digest === sha256 ? { ...chunk, bytes: chunk.bytes.map((v) => v ^ 4) } : chunk);
    await collector.want(desire(second, 2));
    await until(() => collector.last?.update === "FAILED", "the failure");
    const reason = expect.stringMatching(/^device\/digest-mismatch: files\/model\.onnx/);
    expect(collector.last).toMatchObject({ runningDigest: first.digest, targetDigest: second.digest, reason });
    await stillAnswers(agent);
  });

  test("a bundle that a stranger signed", async () => {
    const agent = await running();
    const forged = await toyBundle("22", toy.answers, {}, stranger.signer);
    collector.offer(forged);
    await collector.want(desire(forged, 2));
    await until(() => collector.last?.update === "REJECTED", "the refusal");
    expect(collector.last).toMatchObject({ runningDigest: first.digest, reason: expect.stringMatching(/^registry\/unknown-key/) });
    await stillAnswers(agent);
  });

  test("a bundle whose golden inputs give something else", async () => {
    const agent = await running({ selfTest: async (directory) => (directory.endsWith(second.digest) ? "golden case 0: expected 1" : undefined) });
    await collector.want(desire(second, 2));
    await until(() => collector.last?.update === "REJECTED", "the refusal");
    expect(collector.last?.reason).toBe("device/self-test-failed: golden case 0: expected 1");
    await stillAnswers(agent);
  });

  test.each([
    ["does not load", toy.doesNotLoad, /device\/self-test-failed: the model does not load/],
    ["gives what is no answer", toy.givesNaN, /device\/probation-failed/],
    ["runs into faults", toy.throws, /device\/probation-failed/],
  ] as const)("a model that %s once it is served: back to the one before", async (_, manner, reason) => {
    const agent = await running();
    const bad = await toyBundle("bad", manner);
    collector.offer(bad);
    await collector.want(desire(bad, 2));
    if (manner !== toy.doesNotLoad) {
      await until(() => isOnTrial(bad), "the trial");
      await agent.see(6);
    }
    await until(() => collector.last?.update === "ROLLED_BACK" && collector.last.runningDigest === first.digest, "the way back");
    expect(collector.last).toMatchObject({ targetDigest: bad.digest, reason: expect.stringMatching(reason) });
    await stillAnswers(agent);
  });

  test("chunks that are noise, or that nobody asked for", async () => {
    const agent = await running();
    await collector.say("art/blk", Uint8Array.of(1, 2, 3));
    await collector.say("art/blk", encodeChunk({ digest: first.digest, index: 0, total: 3, bytes: Uint8Array.of(1, 2, 3) }));
    await until(() => agent.journal.lines.some((l) => l.startsWith("a chunk was ignored")), "the log");
    await stillAnswers(agent);
  });
});

test("the keys of the fixture differ, or these tests would show nothing", () => {
  expect(director.trusted.keyId).not.toBe(stranger.trusted.keyId);
});
