import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultDataDir, loadConfig } from "./config.js";

let directory = "";
const file = (): string => join(directory, "collector.yaml");
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kedge-config-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const env = { HOME: "/home/k" };

function faultOf(act: () => unknown): KedgeError {
  try {
    act();
  } catch (error) {
    if (error instanceof KedgeError) return error;
  }
  throw new Error("it was not refused");
}

describe("the configuration", () => {
  test("by default listens on loopback only, samples nothing and sends to public addresses only", () => {
    const config = loadConfig(undefined, { ...env, KEDGE_DATA_DIR: "/var/lib/kedge" }, {});
    expect(config).toMatchObject({
      dataDir: "/var/lib/kedge",
      mqtt: { host: "127.0.0.1", port: 8883 },
      http: { host: "127.0.0.1", port: 8787, tls: false },
      sampling: { selector: null, perHour: 0 },
      allowPrivateWebhooks: false,
    });
  });

  test("of a file is overridden by the environment, and that by flags", async () => {
    await writeFile(file(), "mqtt:\n  port: 1001\n  host: 10.0.0.1\nhttp:\n  port: 1001\ndrift:\n  tickMs: 1001\n");
    const config = loadConfig(
      file(),
      { ...env, KEDGE_COLLECTOR_HTTP_PORT: "1002", KEDGE_COLLECTOR_DRIFT_TICK_MS: "1002" },
      { "drift.tickMs": "1003", dataDir: "/d" },
    );
    expect(config).toMatchObject({ dataDir: "/d", mqtt: { port: 1001, host: "10.0.0.1" }, http: { port: 1002 }, drift: { tickMs: 1003 } });
  });

  test("with an unknown key is refused, with the key and the file", async () => {
    await writeFile(file(), "mqtt:\n  prot: 1\n");
    const fault = faultOf(() => loadConfig(file(), env, {}));
    expect(fault).toMatchObject({ code: "collector/config", context: { exit: "config" } });
    expect(fault.message).toContain("prot");
    expect(fault.message).toContain(file());
  });

  test("with several faults tells of all of them at once", () => {
    const { message } = faultOf(() =>
      loadConfig(undefined, env, { "mqtt.port": "70000", "drift.tickMs": "1", "sampling.selector": "==", logLevel: "loud", "retrain.wings": "2" }),
    );
    for (const key of ["mqtt.port", "drift.tickMs", "sampling.selector", "logLevel", "wings"]) expect(message).toContain(key);
  });

  test("that would send tokens over a network in clear is refused", () => {
    expect(faultOf(() => loadConfig(undefined, env, { "http.host": "0.0.0.0" })).message).toContain("http.tls");
    expect(loadConfig(undefined, env, { "http.host": "0.0.0.0", "http.tls": "true" }).http).toMatchObject({ host: "0.0.0.0", tls: true });
    expect(loadConfig(undefined, env, { "http.host": "::1" }).http.tls).toBe(false);
  });

  test("of a server of metrics: none unless it is named; beyond loopback only by TLS", () => {
    const metrics = (value: object) => loadConfig(undefined, env, { "store.metrics": JSON.stringify(value) }).store.metrics;
    expect(loadConfig(undefined, env, {}).store.metrics).toEqual({ kind: "none" });
    expect(metrics({ kind: "victoriametrics" })).toMatchObject({ host: "127.0.0.1", port: 8428, database: "kedge", maxSeries: 200_000 });
    expect(metrics({ kind: "influxdb", port: 1234 })).toMatchObject({ port: 1234, database: "kedge_metrics" });
    expect(faultOf(() => metrics({ kind: "victoriametrics", host: "vm.example.org" })).message).toContain("store.metrics.protocol");
    expect(metrics({ kind: "victoriametrics", host: "vm.example.org", protocol: "https" })).toMatchObject({ host: "vm.example.org" });
    expect(faultOf(() => metrics({ kind: "prometheus" })).message).toContain("store.metrics");
  });

  test("in a file that is not there, or is no YAML, is refused with the file", async () => {
    const missing = join(directory, "missing.yaml");
    expect(faultOf(() => loadConfig(missing, env, {})).message).toContain(missing);
    await writeFile(file(), "mqtt: [1\n");
    expect(faultOf(() => loadConfig(file(), env, {})).message).toContain(file());
  });

  test("keeps files where the machine keeps data", () => {
    expect(defaultDataDir({ XDG_DATA_HOME: "/x" })).toBe("/x/kedge");
    expect(defaultDataDir({ XDG_DATA_HOME: "/x", KEDGE_DATA_DIR: "/k" })).toBe("/k");
  });
});
