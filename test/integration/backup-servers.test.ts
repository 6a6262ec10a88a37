import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { DeviceId, Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { createKeyPair } from "@kedge/registry/adapters";
import { encodeWindow, type Link, topicFor } from "@kedge/wire";
import { afterAll, describe, expect, test, vi } from "vitest";
import { postgresFolder, type RunningServer, startInflux, startPostgres } from "../support/running-server.js";
import { hasProgram } from "../support/services.js";
import { emptyProfile, tinyModel } from "./brokers/tiny-model.fixture.js";
import { CollectorLab, type CollectorProgram, deviceLink, enrolDevice, isBuilt } from "./collector-program.fixture.js";

const isThere = hasProgram(join(postgresFolder(), "pg_dump"), "PostgreSQL") && hasProgram("/usr/bin/influxd", "InfluxDB") && isBuilt;
const lab = new CollectorLab();
const servers: RunningServer[] = [];
afterAll(async () => {
  await lab.close();
  for (const server of servers) await server.remove();
});

const cam = "cam-1" as DeviceId;
const startMs = Date.now() - 600_000;

async function startServers() {
  const [postgres, influx] = await Promise.all([startPostgres(), startInflux()]);
  servers.push(postgres, influx);
  const settings = [
    ...["--set", `store.records=${JSON.stringify({ kind: "postgres", port: postgres.port, database: "kedge" })}`],
    ...["--set", `store.series=${JSON.stringify({ kind: "influxdb", port: influx.port })}`],
  ];
  const psql = (program: string, ...args: readonly string[]): void =>
    void execFileSync(join(postgresFolder(), program), ["-h", "127.0.0.1", "-p", String(postgres.port), "-U", "kedge", ...args], { stdio: "pipe" });
  psql("createdb", "kedge");
  return { settings, psql, influxAt: `127.0.0.1:${influx.backupPort}` };
}

async function register(collector: CollectorProgram): Promise<Sha256> {
  const { signer, publicPem } = createKeyPair();
  const packed = await tinyModel(signer);
  await collector.call("POST", "/v1/keys", { name: "tests", publicKey: publicPem });
  for (const file of Object.values(packed.manifest.files))
    await collector.call("PUT", `/v1/blobs/${file.sha256}`, packed.files.get(file.path) ?? new Uint8Array());
  expect((await collector.call("POST", "/v1/models", { envelope: packed.envelope })).status).toBe(201);
  return packed.digest;
}

function windowOf(digest: Sha256, seq: number): Window {
  const endMs = startMs + seq * 1_000;
  return { key: { deviceId: cam, bootEpoch: 1, seq }, startMs: endMs - 1_000, endMs, bundleDigest: digest, trigger: "interval", profile: emptyProfile };
}

async function send(link: Link, digest: Sha256, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) await link.publish(topicFor(cam, "stats"), encodeWindow(windowOf(digest, seq)), { qos: 1 });
}

const counters = async (collector: CollectorProgram) => (await collector.call("GET", "/v1/counters")).body.windows;

describe.skipIf(!isThere)("backup and restore of records in PostgreSQL and windows in InfluxDB", () => {
  test("the three backups put back together go on where they were, and nothing is counted twice", { timeout: 180_000 }, async () => {
    const { settings, psql, influxAt } = await startServers();
    const first = await lab.start(await lab.directory(), ...settings);
    const digest = await register(first);
    const papers = await enrolDevice(first, await lab.directory(), cam);
    const link = await deviceLink(first, papers);
    await send(link, digest, [1, 2, 3, 4, 5]);
    await link.publish(topicFor(cam, "stats"), Uint8Array.of(1, 2, 3), { qos: 1 });
    await vi.waitFor(async () => expect(await counters(first)).toMatchObject({ stored: 5, deadLetters: 1 }), 30_000);

    const folder = await lab.directory();
    const made = await lab.run("backup", join(folder, "data"), "--data-dir", first.dataDir, ...settings);
    expect(made).toMatchObject({ code: 0 });
    psql("pg_dump", "-Fc", "-f", join(folder, "records"), "kedge");
    execFileSync("/usr/bin/influxd", ["backup", "-portable", "-database", "kedge", "-host", influxAt, join(folder, "windows")], { stdio: "pipe" });
    await send(link, digest, [6]);
    await vi.waitFor(async () => expect(await counters(first)).toMatchObject({ stored: 6 }), 30_000);
    await link.close();
    await first.stop();

    const other = await startServers();
    other.psql("pg_restore", "-d", "kedge", join(folder, "records"));
    execFileSync("/usr/bin/influxd", ["restore", "-portable", "-host", other.influxAt, join(folder, "windows")], { stdio: "pipe" });
    const dataDir = join(await lab.directory(), "restored");
    expect(await lab.run("restore", join(folder, "data"), "--data-dir", dataDir)).toMatchObject({ code: 0 });
    const second = await lab.start(dataDir, ...other.settings);
    expect(await counters(second)).toMatchObject({ stored: 5, deadLetters: 1 });
    expect((await second.call("GET", "/v1/devices")).body.items).toMatchObject([{ deviceId: cam }]);
    expect((await second.call("GET", "/v1/models")).body.items).toMatchObject([{ digest }]);
    expect((await second.call("GET", "/v1/audit/verification")).body).toMatchObject({ isIntact: true });
    // The device's certificate holds; what it sends again is known, and what came after the backup is taken once more.
    const back = await deviceLink(second, papers);
    await send(back, digest, [4, 5, 6, 7]);
    await vi.waitFor(async () => expect(await counters(second)).toMatchObject({ stored: 7, distinct: 7, repeated: 2 }), 30_000);
    await back.close();
    await second.stop();
  });
});
