import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@kedge/core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteStore } from "../index.js";

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
/** Beside the packages, so that the writer finds SQLite there. */
const modules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
let folder = "";
let built = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-kill-"));
  built = await mkdtemp(join(modules, ".kedge-kill-"));
  await build({
    configFile: false,
    logLevel: "silent",
    root: built,
    build: {
      ssr: fileURLToPath(new URL("./writer.fixture.ts", import.meta.url)),
      outDir: built,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "writer.mjs" } },
    },
    ssr: { noExternal: true, external: ["@photostructure/sqlite"], resolve: { conditions: ["source", "node", "import", "default"] } },
  });
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(built, { recursive: true, force: true });
});

/** Runs a writer until it has spoken `lines` times, kills it after a little more, and gives the last that it acknowledged. */
async function killedWriter(path: string, first: number, lines: number): Promise<number> {
  const child = spawn(process.execPath, [join(built, "writer.mjs"), path, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let acknowledged = first - 1;
  let spoken = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line.slice("through ".length));
    spoken += 1;
    if (spoken === lines) child.kill("SIGKILL");
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  return acknowledged;
}

test("what was acknowledged survives kill -9 at any point, and nothing is there twice or by half", { timeout: 120_000 }, async () => {
  const path = join(folder, "killed.db");
  const random = seededRandom(9);
  let first = 1;
  for (let round = 0; round < 12; round += 1) {
    const acknowledged = await killedWriter(path, first, 1 + Math.floor(random() * 25));
    const { series, records, close } = await openSqliteStore(path, clock);
    const [mark] = await series.ingestMarks();
    const { through } = (mark?.state ?? { through: -1 }) as { through: number };
    expect(through).toBeGreaterThanOrEqual(acknowledged);
    const seqs = (await series.windows({ limit: 1_000_000 })).map((w) => w.key.seq).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: through }, (_, i) => i + 1));
    expect(await series.counts()).toMatchObject({ stored: through, distinct: through, damaged: 0 });
    const ship = await records.documents<{ through: number }>({ name: "ship", statusOf: () => "" }).get("fram");
    expect(ship?.body.through).toBeGreaterThanOrEqual(acknowledged);
    await close();
    first = through + 1;
  }
  expect(first).toBeGreaterThan(200);
});

test("a store that another process holds is refused by name, and harms it not", { timeout: 60_000 }, async () => {
  const path = join(folder, "held.db");
  const child = spawn(process.execPath, [join(built, "writer.mjs"), path, "1"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let spoken = 0;
  for await (const _line of createInterface({ input: child.stdout })) {
    spoken += 1;
    if (spoken === 3)
      await expect(openSqliteStore(path, clock)).rejects.toMatchObject({
        code: "store/locked",
        message: expect.stringContaining("another process"),
        context: { exit: "storage", path },
      });
    if (spoken === 10) child.kill("SIGKILL");
  }
  await ended;
  const { series, close } = await openSqliteStore(path, clock);
  expect((await series.counts()).stored).toBeGreaterThanOrEqual(10);
  await close();
});
