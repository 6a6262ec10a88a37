import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KedgeError } from "@kedge/core";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./config.js";

const directory = mkdtempSync(join(tmpdir(), "kedge-config-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(directory, `${files}.yaml`);
  writeFileSync(path, text);
  return path;
}

const server = "mqtts://kedge.example:8883";

/** The refusal of these settings. */
function refusal(text: string | undefined, env: Readonly<Record<string, string>> = {}, flags: Readonly<Record<string, unknown>> = {}): KedgeError {
  try {
    loadConfig(text === undefined ? undefined : file(text), env, flags);
  } catch (error) {
    if (error instanceof KedgeError) return error;
    throw error;
  }
  throw new Error("the settings were taken");
}

test("flags win over the environment, that over the file, that over the defaults; sections are merged key by key", () => {
  const path = file(`server: mqtts://file:1\nwindowMs: 2000\nhttp:\n  port: 1000\n  maxBodyBytes: 2048\noutbox:\n  fsync: interval\n`);
  const config = loadConfig(
    path,
    { KEDGE_AGENT_SERVER: "mqtts://env:1", KEDGE_AGENT_HTTP_PORT: "2000", OTHER: "x" },
    { "http.port": 3000, windowMs: undefined },
  );
  expect(config).toMatchObject({
    server: "mqtts://env:1",
    windowMs: 2000,
    http: { host: "127.0.0.1", port: 3000, maxBodyBytes: 2048 },
    outbox: { fsync: "interval", maxBytes: 64 * 1024 * 1024 },
    sampling: null,
  });
});

test("nothing leaves a device and nothing listens beyond loopback by default", () => {
  const config = loadConfig(undefined, {}, { server });
  expect(config.sampling).toBeNull();
  expect(config.http.host).toBe("127.0.0.1");
  expect(refusal(`server: ${server}\nhttp:\n  host: 0.0.0.0\n`).message).toContain("http.host");
});

test("unknown keys and wrong types are all told at once, each by its key, with the file, what to do and exit 9", () => {
  const fault = refusal(`server: 7\nserber: x\nhttp:\n  prot: 80\n  port: often\nwindowMs: 1\n`);
  for (const key of ["server", "serber", "prot", "http.port", "windowMs"]) expect(fault.message).toContain(key);
  expect(fault.message).toContain(`${files}.yaml`);
  expect(fault).toMatchObject({ code: "agent/config", context: { exit: "config" } });
  expect(fault.hint).toContain("config print");
});

test("a variable with the agent's prefix that means nothing is refused by its name", () => {
  expect(refusal(undefined, { KEDGE_AGENT_SERBER: "x" }, { server }).message).toContain("KEDGE_AGENT_SERBER");
});

test.each([
  ["no YAML", "server: [\n"],
  ["a key twice", `server: ${server}\nserver: ${server}\n`],
  ["a list", "- server\n"],
  ["aliases that multiply", `a: &a [1,1]\n${Array.from({ length: 40 }, (_, i) => `k${i}: *a`).join("\n")}\n`],
])("a file that is %s is refused", (_, text) => {
  expect(refusal(text).context).toMatchObject({ exit: "config" });
});

test("a file that is away is refused by its name", () => {
  const path = join(directory, "none.yaml");
  expect(() => loadConfig(path, {}, {})).toThrow(path);
});

test.each(["mqtt://kedge.example:1883", "kedge.example", "mqtts://a b", "mqtts://host/path"])(
  "%s is no server: there is no connection without TLS",
  (address) => {
    expect(refusal(undefined, {}, { server: address }).message).toContain("server");
  },
);

test("an id or a label that is none is refused", () => {
  expect(refusal(undefined, {}, { server, deviceId: "a/b" }).message).toContain("deviceId");
  expect(refusal(`server: ${server}\nlabels:\n  "no key!": x\n`).message).toContain("labels");
});

test("the shipped example can be used as it is", () => {
  const path = fileURLToPath(new URL("../../../deploy/systemd/agent.yaml", import.meta.url));
  expect(loadConfig(path, {}, {})).toMatchObject({ labels: { site: "lyon", line: "3" }, sampling: null });
});
