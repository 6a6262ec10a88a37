import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeviceId, Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeBirth, encodeWindow, topicFor, wireLimits } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { emptyProfile, tinyModel } from "./brokers/tiny-model.fixture.js";
import { CliFixture } from "./cli/cli-fixture.js";
import { CollectorLab, type CollectorProgram, deviceLink, enrolDevice, isBuilt } from "./collector-program.fixture.js";

if (!isBuilt) process.stderr.write("dead-letters: skipped, apps/collector is not built (run `npm run build`)\n");

vi.setConfig({ testTimeout: 60_000 });

const lab = new CollectorLab();
const cli = new CliFixture();
let collector: CollectorProgram;
let digest: Sha256;
let papers: Awaited<ReturnType<typeof enrolDevice>>;
const cam = "cam-1" as DeviceId;
const own = topicFor(cam, "stats");

async function registered(): Promise<Sha256> {
  const { signer, publicPem } = createKeyPair();
  const packed = await tinyModel(signer);
  await collector.call("POST", "/v1/keys", { name: "tests", publicKey: publicPem });
  for (const file of Object.values(packed.manifest.files))
    await collector.call("PUT", `/v1/blobs/${file.sha256}`, packed.files.get(file.path) ?? new Uint8Array());
  expect((await collector.call("POST", "/v1/models", { envelope: packed.envelope })).status).toBe(201);
  return packed.digest;
}

beforeAll(async () => {
  if (!isBuilt) return;
  await cli.start();
  collector = await lab.start(await lab.directory());
  digest = await registered();
  papers = await enrolDevice(collector, await lab.directory(), cam);
}, 120_000);
afterAll(async () => {
  await collector?.stop();
  if (isBuilt) await cli.stop();
  await lab.close();
});

function windowOf(seq: number, changes: Partial<Window> = {}): Window {
  const endMs = Date.now() - 1_000;
  return {
    key: { deviceId: cam, bootEpoch: 1, seq },
    startMs: endMs - 60_000,
    endMs,
    bundleDigest: digest,
    trigger: "interval",
    profile: emptyProfile,
    ...changes,
  };
}

/** The command line against the collector's process. */
async function kedge(...argv: readonly string[]): Promise<string> {
  const env = { KEDGE_URL: collector.url, KEDGE_TOKEN_FILE: join(collector.dataDir, "admin-token") };
  const { code, out, err } = await cli.run(argv, { env });
  expect(err).not.toContain("error:");
  expect(code).toBe(0);
  return out;
}

async function publish(topic: string, payload: Uint8Array): Promise<void> {
  const link = await deviceLink(collector, papers);
  // Who is cut for it gets no answer.
  await Promise.race([link.publish(topic, payload, { qos: 1 }), new Promise((resolve) => setTimeout(resolve, 2_000))]);
  await link.close();
}

/** A message of a format that this version does not know. */
function newerFormat(): Uint8Array {
  const bytes = encodeWindow(windowOf(30)).slice();
  expect([...bytes.subarray(0, 2)]).toEqual([8, 1]);
  bytes[1] = 99;
  return bytes;
}

interface Case {
  readonly reason: string;
  readonly topic?: string;
  readonly payload: () => Uint8Array;
  readonly leaf?: string;
  readonly message: RegExp;
}

const birth = { deviceId: "cam-9" as DeviceId, bootEpoch: 1, labels: {}, agentVersion: "9", bundleDigest: null, platform: "t", oldestSeq: 1, nextSeq: 1 };

const cases: Readonly<Record<string, Case>> = {
  "larger than a window may be": { reason: "ingest/oversize", payload: () => new Uint8Array(wireLimits.windowBytes + 1), message: /131073 bytes/ },
  "larger than any message may be": { reason: "ingest/oversize", payload: () => new Uint8Array(wireLimits.sampleBytes + 2_000_000), message: /bytes: at most/ },
  truncated: { reason: "ingest/truncated", payload: () => encodeWindow(windowOf(20)).slice(0, 60), message: /middle of a field at byte \d+ of 60/ },
  "no message": { reason: "ingest/undecodable", payload: () => Uint8Array.of(1, 2, 3), message: /field number 0/ },
  "of an unknown version": { reason: "ingest/unknown-format", payload: newerFormat, message: /format 99/ },
  "of another device": {
    reason: "ingest/wrong-device",
    payload: () => encodeWindow(windowOf(1, { key: { deviceId: "cam-9" as DeviceId, bootEpoch: 1, seq: 1 } })),
    message: /cam-9 sent by cam-1/,
  },
  "on another device's topic": {
    reason: "ingest/wrong-device",
    topic: topicFor("cam-9" as DeviceId, "stats"),
    payload: () => encodeWindow(windowOf(1)),
    message: /which is of cam-9/,
  },
  "on a topic of nobody": { reason: "ingest/forbidden-topic", topic: "plant/oven", payload: () => Uint8Array.of(1), leaf: "-", message: /plant\/oven/ },
  "a birth of another device": {
    reason: "ingest/wrong-device",
    topic: topicFor(cam, "birth"),
    payload: () => encodeBirth(birth),
    leaf: "birth",
    message: /cam-9 sent by cam-1/,
  },
  "a report that is none": { reason: "ingest/undecodable", topic: topicFor(cam, "reported"), payload: () => Uint8Array.of(3), leaf: "reported", message: /./ },
  "from the future": {
    reason: "ingest/future-timestamp",
    payload: () => encodeWindow(windowOf(21, { startMs: Date.now(), endMs: Date.now() + 3_600_000 })),
    message: /from now/,
  },
  "from before there were devices": {
    reason: "ingest/past-timestamp",
    payload: () => encodeWindow(windowOf(22, { startMs: 1, endMs: 60_000 })),
    message: /no clock/,
  },
  "of a bundle that is not known": {
    reason: "ingest/unknown-bundle",
    payload: () => encodeWindow(windowOf(23, { bundleDigest: "e".repeat(64) as Sha256 })),
    message: /not registered/,
  },
  "of a schema hash that is not known": {
    reason: "ingest/unknown-spec",
    payload: () => encodeWindow(windowOf(24, { profile: { ...emptyProfile, specHash: "d".repeat(64) } })),
    message: /profile spec dddd/,
  },
};

describe.skipIf(!isBuilt)("a message that is", () => {
  test.each(Object.entries(cases))(
    "%s: is counted by reason and kept, and the next is taken",
    async (_what, { reason, topic = own, payload, leaf = "stats", message }) => {
      const bytes = payload();
      const refusedBefore = (await collector.call("GET", "/v1/counters")).body.windows.refused[reason] as number;
      await publish(topic, bytes);
      const list = async () => (await collector.call("GET", `/v1/dead-letters?reason=${reason}`)).body.items;
      await vi.waitFor(async () => expect((await collector.call("GET", "/v1/counters")).body.windows.refused[reason]).toBeGreaterThan(refusedBefore), 20_000);
      const letter = await vi.waitFor(async () => {
        const found = (await list()).find((l: { leaf: string; message: string }) => l.leaf === leaf && message.test(l.message));
        expect(found).toBeDefined();
        return found;
      }, 20_000);
      expect(letter).toMatchObject({ deviceId: cam, reason, leaf });
      expect(letter.size).toBeGreaterThanOrEqual(bytes.length);
      expect(letter.keptBytes).toBeLessThanOrEqual(4_096);
      expect((await collector.call("GET", "/metrics")).body).toMatch(new RegExp(`kedge_messages_refused_total\\{reason="${reason}"\\} [1-9]`));
      const totals = (await collector.call("GET", "/v1/dead-letters/totals")).body.items.find((t: { reason: string }) => t.reason === reason);
      expect(totals.total).toBeGreaterThan(0);
      expect(totals.dropped).toBe(0);
      expect(await kedge("status")).toContain(`${reason} `);
      expect((await collector.call("GET", "/readyz")).status).toBe(200);
      const stored = (await collector.call("GET", "/v1/counters")).body.windows.stored as number;
      nextSeq += 1;
      await publish(own, encodeWindow(windowOf(nextSeq)));
      await vi.waitFor(async () => expect((await collector.call("GET", "/v1/counters")).body.windows.stored).toBe(stored + 1), 20_000);
    },
  );
});
let nextSeq = 100;

describe.skipIf(!isBuilt)("kedge dead-letters", () => {
  test("lists by device and reason, and as JSON", async () => {
    expect(await kedge("dead-letters", "ls", "--reason", "ingest/truncated", "-o", "wide")).toMatch(
      /ID +TIME +DEVICE +TOPIC +REASON +BYTES +KEPT +MESSAGE\n.*cam-1 +stats +ingest\/truncated +60 +60 +.*at byte/,
    );
    expect(JSON.parse(await kedge("dead-letters", "ls", "--json", "--device", "cam-2"))).toEqual([]);
    const all = JSON.parse(await kedge("dead-letters", "ls", "--json")) as { readonly id: number }[];
    expect(all.length).toBeGreaterThanOrEqual(Object.keys(cases).length);
    expect(JSON.parse(await kedge("dead-letters", "ls", "--json", "--limit", "2"))).toEqual(all.slice(0, 2));
    const page = await collector.call("GET", "/v1/dead-letters?limit=3");
    const next = await collector.call("GET", `/v1/dead-letters?limit=3&cursor=${page.body.nextCursor}`);
    expect([...page.body.items, ...next.body.items].map((l: { id: number }) => l.id)).toEqual(all.slice(0, 6).map((l) => l.id));
  });

  test("sums up by reason, with what the bound dropped", async () => {
    const out = await kedge("dead-letters", "totals");
    expect(out).toMatch(/REASON +EVER +KEPT +DROPPED +NEWEST/);
    for (const { reason } of Object.values(cases)) expect(out).toContain(reason);
    expect(out).toContain("newest 10000");
  });

  test("shows at which byte one is broken, and gives its bytes", async () => {
    const [{ id } = { id: 0 }] = JSON.parse(await kedge("dead-letters", "ls", "--json", "--reason", "ingest/truncated")) as { readonly id: number }[];
    const file = join(await lab.directory(), "message.bin");
    const out = await kedge("dead-letters", "get", String(id), "--raw", file);
    expect(out).toMatch(/What is wrong with it: .*ends in the middle of a field at byte \d+ of 60/);
    expect(out).toMatch(/2 +2 +bytes +5 +device cam-1/);
    expect(out).toMatch(/At byte \d+ it cannot be followed any further/);
    expect(await readFile(file)).toHaveLength(60);
    const again = await cli.run(["dead-letters", "get", String(id), "--raw", file], {
      env: { KEDGE_URL: collector.url, KEDGE_TOKEN_FILE: join(collector.dataDir, "admin-token") },
    });
    expect(again).toMatchObject({ code: 11, err: expect.stringContaining("cli/file-unwritable") });
  });

  test("of what can be read says what it says", async () => {
    const [{ id } = { id: 0 }] = JSON.parse(await kedge("dead-letters", "ls", "--json", "--reason", "ingest/unknown-spec")) as { readonly id: number }[];
    const out = await kedge("dead-letters", "get", String(id));
    expect(out).toContain("window 1/24 of cam-1");
    expect(out).toContain(`${digest} (registered)`);
    expect(out).toMatch(/spec +d{64} \(the bundle has /);
    const whole = await cli.run(["dead-letters", "get", "999999"], {
      env: { KEDGE_URL: collector.url, KEDGE_TOKEN_FILE: join(collector.dataDir, "admin-token") },
    });
    expect(whole.code).toBe(3);
    expect((await cli.run(["dead-letters", "get", "x"])).code).toBe(2);
  });
});
