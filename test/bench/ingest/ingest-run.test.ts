import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runIngest } from "./run.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-ingest-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([false, true])("every window that is sent, some of them twice, is acknowledged, stored, rolled up and remembered once (TLS: %s)", async (isTls) => {
  const hourMs = 3_600_000;
  const plan = { devices: 5, windowsOfEach: 60, features: 4, rows: 200, profiles: 20, inFlight: 8, repeatsPerThousand: 50, lookEveryMs: 1_800_000, seed: 1 };
  const run = await runIngest(folder, { ...plan, startMs: (Math.floor(Date.now() / hourMs) - 2) * hourMs - 500 }, { isTls, isAlone: true });
  expect(run).toMatchObject({ windows: 300, lost: 0, duplicated: 0, rolledUp: 300, remembered: 300, refused: 0, wrongAcks: 0, looks: 2 });
  expect(run.repeated).toBeGreaterThan(5);
});
