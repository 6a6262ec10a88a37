import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifest, read, root, trackedFiles } from "../support/repository.js";

/** The journey of one reading. A package imports only what stands to its left. This array is the architecture diagram. */
const river = [
  "core",
  "stats",
  "sensor",
  "inference",
  "sample",
  "profile",
  "wire",
  "ingest",
  "store",
  "drift",
  "performance",
  "alert",
  "retrain",
  "registry",
  "rollout",
  "device",
  "identity",
  "api",
] as const;
const kit = ["testkit", "tooling"];
/** What the agent may carry; the collector's rooms must not reach a device. */
const agentRooms = ["core", "stats", "sensor", "inference", "sample", "profile", "wire", "registry", "device", "identity"];

const sources = trackedFiles().filter((f) => /\.tsx?$/.test(f) && !f.includes("/gen/") && !f.endsWith(".d.ts"));
const importsOf = (file: string): string[] => [...read(file).matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((m) => m[1] ?? "");

describe("the river", () => {
  test("packages/ holds the rooms of the river and the kit, nothing else", () => {
    expect(readdirSync(join(root, "packages")).sort()).toEqual([...river, ...kit].sort());
  });

  test("workspaces stand in river order", () => {
    const listed = (manifest(".").workspaces ?? []).filter((w) => w.startsWith("packages/")).map((w) => w.slice("packages/".length));
    expect(listed).toEqual([...river, ...kit]);
  });

  test.each(river.map((room, index) => [room, index] as const))("%s depends only on rooms upstream", (room, index) => {
    const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = manifest(`packages/${room}`);
    const ours = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
      .filter((d) => d.startsWith("@kedge/"))
      .map((d) => d.slice("@kedge/".length))
      .filter((d) => !kit.includes(d));
    for (const d of ours) expect(river.indexOf(d as (typeof river)[number]), `${room} → ${d}`).toBeLessThan(index);
    for (const d of ours) expect(river).toContain(d);
  });

  test.each(river)("%s imports only what its package.json names, by the front door", (room) => {
    const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = manifest(`packages/${room}`);
    const named = new Set(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }));
    for (const file of sources.filter((f) => f.startsWith(`packages/${room}/`) && !f.endsWith(".test.ts"))) {
      for (const specifier of importsOf(file)) {
        if (/^[.#]/.test(specifier) || specifier.startsWith("node:") || specifier === "vitest") continue;
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        expect(named, `${file} imports ${specifier}`).toContain(name);
        if (name.startsWith("@kedge/")) expect(specifier, `${file} goes in by a back door`).toBe(name);
      }
    }
  });

  test("rooms never import apps, and apps never import apps", () => {
    const apps = readdirSync(join(root, "apps")).map((a) => `@kedge/${a}`);
    for (const file of sources.filter((f) => !f.startsWith("test/"))) {
      const own = file.startsWith("apps/") ? `@kedge/${file.split("/")[1] ?? ""}` : "";
      for (const specifier of importsOf(file))
        expect(
          apps.filter((a) => a !== own),
          `${file} imports ${specifier}`,
        ).not.toContain(specifier);
    }
  });

  test("the agent carries nothing of the collector", () => {
    const ours = Object.keys(manifest("apps/agent").dependencies ?? {}).filter((d) => d.startsWith("@kedge/"));
    for (const d of ours) expect(agentRooms, d).toContain(d.slice("@kedge/".length));
  });

  test("testkit depends on core alone of our packages", () => {
    const ours = Object.keys(manifest("packages/testkit").dependencies ?? {}).filter((d) => d.startsWith("@kedge/"));
    expect(ours).toEqual(["@kedge/core"]);
  });
});

describe("pure rooms", () => {
  const pure = sources.filter((f) => /^packages\/[^/]+\/src\//.test(f) && !f.endsWith(".test.ts") && !f.startsWith("packages/testkit/"));

  test.each(river)("%s/src compiles without Node", (room) => {
    const config = JSON.parse(read(`packages/${room}/src/tsconfig.json`)) as { compilerOptions: { types?: string[]; lib?: string[] } };
    expect(config.compilerOptions.types ?? []).toEqual([]);
    expect(config.compilerOptions.lib ?? ["ES2022"]).toEqual(["ES2022"]);
  });

  test("no clock and no chance in src", () => {
    for (const file of pure) {
      const code = read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      expect(code, file).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random\(|globalThis\./);
    }
  });

  test("no import of Node in src", () => {
    for (const file of pure)
      expect(
        importsOf(file).filter((s) => s.startsWith("node:")),
        file,
      ).toEqual([]);
  });

  test("a stray folder of adapters is declared in its package", () => {
    for (const room of river) {
      if (!existsSync(join(root, "packages", room, "adapters"))) continue;
      expect(read(`packages/${room}/package.json`), room).toContain('"./adapters"');
    }
  });
});
