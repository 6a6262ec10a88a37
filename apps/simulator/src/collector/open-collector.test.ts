import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findCollector } from "./open-collector.js";

const folder = mkdtempSync(join(tmpdir(), "kedge-open-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
file("endpoint.json", JSON.stringify({ url: "http://127.0.0.1:8787", mqttUrl: "mqtts://127.0.0.1:8883" }));
file("admin-token", "secret\n");
const own = file("own-token", "mine\n");
const here = { KEDGE_DATA_DIR: folder };
const nowhere = { KEDGE_DATA_DIR: join(folder, "none") };

test("the collector of this machine is found, with its API", () => {
  const found = findCollector({}, here);
  expect(found.server).toBe("mqtts://127.0.0.1:8883");
  expect(found.client).toBeDefined();
});

test("flags go before the environment, and that before this machine's", () => {
  expect(findCollector({ server: "mqtts://a:1" }, { ...here, KEDGE_SERVER: "mqtts://b:2" }).server).toBe("mqtts://a:1");
  expect(findCollector({}, { ...here, KEDGE_SERVER: "mqtts://b:2" }).server).toBe("mqtts://b:2");
});

test("the admin token of this machine's collector goes to no other", () => {
  expect(findCollector({ url: "https://elsewhere.example", server: "mqtts://elsewhere.example:8883" }, here).client).toBe(undefined);
  expect(findCollector({ url: "https://elsewhere.example", server: "mqtts://elsewhere.example:8883", apiTokenFile: own }, here).client).toBeDefined();
});

test("another collector's devices are not sent to this machine's port", () => {
  expect(() => findCollector({ url: "https://elsewhere.example", apiTokenFile: own }, here)).toThrow(
    expect.objectContaining({ code: "simulator/no-collector" }),
  );
});

test.each([
  ["no collector anywhere", {}, nowhere, "kedge collector"],
  ["an address of another kind", { server: "mqtt://a:1" }, nowhere, "--server"],
  ["a token that is not there", { url: "http://a", server: "mqtts://a:1", apiTokenFile: join(folder, "nothing") }, nowhere, "--api-token-file"],
])("%s is refused with what to do", (_, flags, env, hint) => {
  expect(() => findCollector(flags, env)).toThrow(expect.objectContaining({ code: "simulator/no-collector", hint: expect.stringContaining(hint) }));
});
