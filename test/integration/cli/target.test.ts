import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { openAuthority } from "@kedge/identity/authority";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliFixture } from "./cli-fixture.js";

let kedge: CliFixture;
beforeEach(async () => {
  kedge = new CliFixture();
  await kedge.start();
});
afterEach(() => kedge.stop());

/** No collector is named from outside. */
const bare = (): Record<string, string | undefined> => ({ KEDGE_URL: undefined, KEDGE_TOKEN_FILE: undefined });

describe("which collector", () => {
  test("contexts are kept, used, listed and forgotten", async () => {
    const run = (...argv: string[]): ReturnType<CliFixture["run"]> => kedge.run(argv, { env: bare() });
    expect(await run("context", "ls")).toMatchObject({ code: 0, out: "", err: expect.stringContaining("no contexts") });
    expect(await run("context", "add", "a")).toMatchObject({ code: 2 });
    expect(await run("context", "add", "../a", "--url", kedge.url)).toMatchObject({ code: 2 });
    expect((await run("context", "add", "a", "--url", kedge.url, "--token-file", kedge.path("va.token"))).code).toBe(0);
    expect((await run("context", "add", "b", "--url", "https://b.example.org", "--ca-file", "ca.pem")).code).toBe(0);
    expect((await run("context", "ls")).out).toMatch(/\* +b +https:\/\/b\.example\.org/);
    expect((await run("context", "use", "a")).code).toBe(0);
    expect((await run("devices", "ls", "-o", "name")).out).toContain("oslo-1");
    expect((await run("devices", "ls", "-o", "name", "--context", "b")).code).not.toBe(0);
    const path = kedge.path(".config/kedge/config.yaml");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toContain("current: a");
    expect((await run("context", "rm", "a")).code).toBe(0);
    expect((await run("context", "use", "a")).code).toBe(3);
    expect(JSON.parse((await run("context", "ls", "--json")).out)).toEqual([
      { name: "b", isCurrent: false, url: "https://b.example.org", tokenFile: null, caFile: expect.stringMatching(/^\/.*ca\.pem$/) },
    ]);
  });

  test("without a word, the collector of this machine", async () => {
    const directory = kedge.path(".local/share/kedge");
    await mkdir(directory, { recursive: true });
    await writeFile(`${directory}/endpoint.json`, JSON.stringify({ url: kedge.url, caFile: null, mqttUrl: "mqtts://127.0.0.1:18883", pid: 1 }));
    await writeFile(`${directory}/admin-token`, "ad\n", { mode: 0o600 });
    expect((await kedge.run(["devices", "ls", "-o", "name"], { env: bare() })).out).toContain("oslo-1");
    expect((await kedge.run(["token", "create"], { env: bare() })).err).toContain("kedge-agent --server mqtts://127.0.0.1:18883 --token-file FILE");
    // The same address by name has the same token; another address never gets it.
    expect((await kedge.run(["devices", "ls", "-o", "name", "--url", kedge.url], { env: bare() })).code).toBe(0);
    const other = kedge.url.replace("127.0.0.1", "localhost");
    expect((await kedge.run(["devices", "ls", "-o", "name", "--url", other], { env: bare() })).code).toBe(4);
    await writeFile(`${directory}/endpoint.json`, "{");
    expect(await kedge.run(["devices", "ls"], { env: bare() })).toMatchObject({ code: 9, err: expect.stringContaining("endpoint.json") });
  });

  test("KEDGE_DATA_DIR says where this machine's collector is", async () => {
    await mkdir(kedge.path("data"), { recursive: true });
    await writeFile(kedge.path("data/endpoint.json"), JSON.stringify({ url: kedge.url, caFile: null, more: 1 }));
    await writeFile(kedge.path("data/admin-token"), "va\n", { mode: 0o600 });
    const { code, err } = await kedge.run(["token", "create"], { env: { ...bare(), KEDGE_DATA_DIR: kedge.path("data") } });
    expect(code).toBe(4);
    expect(err).toContain("(the collector of this machine)");
  });

  test("a flag goes before the environment, which goes before the context", async () => {
    await kedge.run(["context", "add", "a", "--url", "http://127.0.0.1:1"], { env: bare() });
    expect((await kedge.run(["devices", "ls"], { env: bare() })).err).toContain("(context a)");
    expect((await kedge.run(["devices", "ls"], { env: { KEDGE_URL: "http://127.0.0.1:2" } })).err).toContain("127.0.0.1:2");
    expect((await kedge.run(["devices", "ls", "--url", "http://127.0.0.1:3"])).err).toContain("http://127.0.0.1:3 (--url)");
  });

  test("a place that cannot be written is told", async () => {
    await writeFile(kedge.path(".config"), "a file where a folder should be");
    expect(await kedge.run(["context", "add", "a", "--url", kedge.url], { env: bare() })).toMatchObject({
      code: 11,
      err: expect.stringContaining("writing the configuration"),
    });
  });
});

describe("TLS", () => {
  test("the collector's own authority is trusted when it is named, and only then", async () => {
    const nowMs = Date.now();
    const authority = await openAuthority(kedge.path("authority"), { nowMs });
    const { keyPem, chainPem, authorityPem } = await authority.serverCredentials(["127.0.0.1", "localhost"], nowMs);
    await kedge.server?.close();
    const home = kedge.home;
    await kedge.start({ tls: { key: keyPem, cert: chainPem } });
    kedge.home = home;
    await writeFile(kedge.path("ca.pem"), authorityPem);
    expect(kedge.url).toMatch(/^https:/);
    const trusted = await kedge.run(["devices", "ls", "-o", "name", "--ca-file", kedge.path("ca.pem")]);
    expect(trusted).toMatchObject({ code: 0, out: "lyon-1\noslo-1\noslo-2\n" });
    const untrusted = await kedge.run(["devices", "ls", "-o", "name"]);
    expect(untrusted.code).toBe(10);
    expect(untrusted.err).toContain("cannot be reached");
  });
});
