import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@kedge/testkit";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import type { StoreFixture, StoreLaw } from "../src/contract/law.js";
import { metricLaws } from "../src/contract/metric-laws.js";
import { recordLaws } from "../src/contract/record-laws.js";
import { seriesLaws } from "../src/contract/series-laws.js";
import { MemoryMetricStore, MemoryTimeSeriesStore, type OpenStore, openSqliteStore } from "./index.js";

const laws: readonly StoreLaw[] = [...recordLaws, ...seriesLaws];
const clock = manualClock(1_770_000_000_000);
let folder = "";
let open: OpenStore | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kedge-store-"));
});
afterEach(() => open?.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inFile(name: string): Promise<StoreFixture> {
  const path = join(folder, `${name.replaceAll(/\W/g, "-")}.db`);
  open = await openSqliteStore(path, clock);
  return {
    ...open,
    async reopen() {
      await open?.close();
      open = await openSqliteStore(path, clock);
      return open;
    },
  };
}

async function inMemory(): Promise<StoreFixture> {
  open = await openSqliteStore(":memory:", clock);
  return { ...open, reopen: undefined };
}

async function plainInMemory(): Promise<StoreFixture> {
  open = await openSqliteStore(":memory:", clock);
  return { records: open.records, series: new MemoryTimeSeriesStore(), reopen: undefined };
}

test.each(seriesLaws)("the law of series: plainly in memory: $name", async (law) => {
  await law.check(await plainInMemory());
});

test.each(metricLaws)("the law of metrics: in memory: $name", async (law) => {
  const store = new MemoryMetricStore();
  await law.check({ store, hourMs: 1_770_001_200_000, settle: async () => undefined, reopen: () => store });
});

describe.each([
  { title: "SQLite in a file", make: inFile },
  { title: "SQLite in memory", make: inMemory },
])("the law of stores: $title", ({ make }) => {
  test.each(laws)("$name", async (law) => {
    await law.check(await make(law.name));
  });
});
