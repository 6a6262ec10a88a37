import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@kedge/core";
import { manualClock } from "@kedge/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { bundleStoreLaws } from "../src/contract.js";
import type { BundleStore, PackedBundle } from "../src/index.js";
import { tinyBundle } from "../src/tiny-bundle.fixture.js";
import { bundleStoreKinds, createKeyPair, directory, memory, sha256 } from "./index.js";

let folder = "";
let first: PackedBundle;
let second: PackedBundle;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-registry-"));
  const { signer } = createKeyPair();
  first = await tinyBundle(signer, sha256);
  second = await tinyBundle(signer, sha256, { version: "1.1.0", createdAtMs: 1_760_000_000_000, reference: Uint8Array.of(9, 9) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const makers: Readonly<Record<string, (path: string, clock: Clock) => Promise<BundleStore>>> = {
  directory: (path, clock) => directory.create({ kind: "directory", path }, { clock }),
  memory: (_path, clock) => memory.create({ kind: "memory" }, { clock }),
};

describe.each(bundleStoreKinds.map((k) => k.kind))("the law of bundle stores: %s", (kind) => {
  test.each(bundleStoreLaws)("$name", async (law) => {
    const clock = manualClock(1_770_000_000_000);
    const store = await makers[kind]?.(join(folder, kind, law.name.replaceAll(/\W/g, "-")), clock);
    if (store === undefined) throw new Error(`no maker for ${kind}`);
    await law.check(store, { first, second, sha256, advance: (ms) => clock.advance(ms) });
  });
});
