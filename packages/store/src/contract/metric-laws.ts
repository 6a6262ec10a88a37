import { invariant, seededRandom } from "@kedge/core";
import type { MetricAggregate, MetricPoint, MetricQuestion, MetricStore } from "../metric-store.js";
import { codeOf, isClose, isSame } from "./law.js";

/** What a law of metrics is tried on: an empty store. */
export interface MetricFixture {
  readonly store: MetricStore;
  /** A full hour within the time that the store keeps, with nothing after it yet. */
  readonly hourMs: number;
  /** Settles once everything that was written is seen. */
  readonly settle: () => Promise<void>;
  /** The store opened anew; what it held is still there. */
  readonly reopen: () => MetricStore;
}

/** One thing that every store of metrics must do; `check` throws when it does not. */
export interface MetricLaw {
  readonly name: string;
  check(fixture: MetricFixture): Promise<void>;
}

const minuteMs = 60_000;
const point = (atMs: number, rows: number, labels: Readonly<Record<string, string>> = { device: "cam-1" }): MetricPoint => ({
  name: "kedge_test",
  labels,
  atMs,
  values: { rows },
});

function ask(hourMs: number, more: Partial<MetricQuestion> = {}): MetricQuestion {
  return { name: "kedge_test", value: "rows", aggregate: "sum", fromMs: hourMs, toMs: hourMs + 10 * minuteMs, stepMs: minuteMs, ...more };
}

async function buckets({ store, hourMs, settle }: MetricFixture): Promise<void> {
  const at = (ms: number, rows: number) => point(hourMs + ms, rows);
  await store.write([at(-1, 1), at(0, 2), at(1, 4), at(minuteMs - 1, 8), at(minuteMs, 16), at(5 * minuteMs + 7, 32), at(10 * minuteMs, 64)]);
  await settle();
  const [line, ...others] = await store.range(ask(hourMs));
  const values = [
    { atMs: hourMs, value: 14 },
    { atMs: hourMs + minuteMs, value: 16 },
    { atMs: hourMs + 5 * minuteMs, value: 32 },
  ];
  invariant(others.length === 0 && isSame(line, { labels: {}, points: values }), `a point counts in the bucket that it lies in; got ${JSON.stringify(line)}`);
  invariant((await store.range(ask(hourMs, { value: "errors" }))).length === 0, "of what was never written there is no line");
  const long = ask(hourMs, { toMs: hourMs + 20_000 * minuteMs });
  invariant((await codeOf(() => store.range(long))) === "store/too-large", "an answer that would be too long is refused");
}

async function repeats({ store, hourMs, settle, reopen }: MetricFixture): Promise<void> {
  const some = Array.from({ length: 30 }, (_, i) => point(hourMs + i * 1_000, i + 1));
  await store.write([...some, ...some]);
  await store.write([...some].reverse());
  await settle();
  const again = reopen();
  await again.write(some.slice(0, 10));
  await settle();
  const totals = async (aggregate: MetricAggregate) => (await again.range(ask(hourMs, { aggregate })))[0]?.points[0]?.value;
  invariant((await totals("sum")) === 465 && (await totals("count")) === 30, `the same point is one, however often it comes; got ${await totals("count")}`);
}

async function grouping({ store, hourMs, settle }: MetricFixture): Promise<void> {
  const random = seededRandom(4);
  const plain: { readonly site: string; readonly at: number; readonly value: number }[] = [];
  const points: MetricPoint[] = [];
  for (const device of ["a", "b", "c", "d", "e"]) {
    for (let i = 0; i < 40; i += 1) {
      const site = device < "c" ? "oslo" : device < "e" ? "lyon" : "";
      const at = hourMs + i * 15_000 + Math.floor(random() * 14_000);
      const value = Math.round(random() * 1_000) / 8 - 60;
      plain.push({ site, at, value });
      points.push(point(at, value, { device, site }));
    }
  }
  for (let at = 0; at < points.length; at += 37) await store.write(points.slice(at, at + 37));
  await settle();
  const made: Readonly<Record<MetricAggregate, (v: readonly number[]) => number>> = {
    sum: (v) => v.reduce((a, b) => a + b, 0),
    mean: (v) => v.reduce((a, b) => a + b, 0) / v.length,
    min: (v) => Math.min(...v),
    max: (v) => Math.max(...v),
    count: (v) => v.length,
  };
  for (const aggregate of ["sum", "mean", "min", "max", "count"] as const) {
    const lines = ["", "lyon", "oslo"].map((site) => ({
      labels: site === "" ? {} : { site },
      points: Array.from({ length: 10 }, (_, b) => hourMs + b * minuteMs).flatMap((atMs) => {
        const within = plain.filter((p) => p.site === site && p.at >= atMs && p.at < atMs + minuteMs).map((p) => p.value);
        return within.length === 0 ? [] : [{ atMs, value: made[aggregate](within) }];
      }),
    }));
    const found = await store.range(ask(hourMs, { aggregate, by: ["site"] }));
    invariant(isClose(found, lines), `${aggregate} by site; got ${JSON.stringify(found).slice(0, 500)}`);
    const oslo = await store.range(ask(hourMs, { aggregate, labels: { site: "oslo" } }));
    invariant(isClose(oslo, [{ labels: {}, points: lines[2]?.points }]), `${aggregate} of one site`);
  }
  invariant((await store.range(ask(hourMs, { labels: { site: "os" } }))).length === 0, "labels match whole");
}

const hard = ["été 服", "a b", "a,b", "a=b", 'a"b', "a'b", "x' or '1'='1", 'x"} or vector(1', ".*", "{}", "$1", "%", "#"];

async function text({ store, hourMs, settle }: MetricFixture): Promise<void> {
  await store.write(hard.map((feature, i) => point(hourMs + i, i + 1, { feature })));
  await store.write([
    point(hourMs + 500, 99, { feature: `end\\` }),
    point(hourMs + 501, 98, { feature: "two\nlines" }),
    point(hourMs + 502, 97, { feature: "z".repeat(500) }),
  ]);
  await settle();
  const found = await store.range(ask(hourMs, { by: ["feature"] }));
  const names = found.map((line) => line.labels["feature"] ?? "");
  const wanted = [...hard, "end_", "two_lines", "z".repeat(128)];
  invariant(isSame([...names].sort(), [...wanted].sort()), `labels come back; got ${JSON.stringify(names)}`);
  for (const [i, feature] of hard.entries()) {
    const line = await store.range(ask(hourMs, { labels: { feature } }));
    invariant(isSame(line, [{ labels: {}, points: [{ atMs: hourMs, value: i + 1 }] }]), `one is asked for by ${feature}; got ${JSON.stringify(line)}`);
  }
}

async function oddValues({ store, hourMs, settle }: MetricFixture): Promise<void> {
  await store.write([]);
  await store.write([{ ...point(hourMs, Number.NaN), values: { rows: Number.NaN, errors: Number.POSITIVE_INFINITY } }]);
  await store.write([{ ...point(hourMs, 0), values: { rows: 0, errors: Number.NaN, score: -1e-9 } }, point(hourMs + minuteMs, 1e15)]);
  await settle();
  const points = [
    { atMs: hourMs, value: 0 },
    { atMs: hourMs + minuteMs, value: 1e15 },
  ];
  invariant(isSame(await store.range(ask(hourMs)), [{ labels: {}, points }]), "zero and large numbers are numbers");
  invariant((await store.range(ask(hourMs, { value: "errors" }))).length === 0, "what is no number is left out");
  const small = (await store.range(ask(hourMs, { value: "score" })))[0]?.points[0]?.value;
  invariant(small !== undefined && isClose(small, -1e-9), "and small ones are kept");
}

/** What every store of metrics must do. */
export const metricLaws: readonly MetricLaw[] = [
  { name: "points are counted in their buckets", check: buckets },
  { name: "a point that comes twice is one", check: repeats },
  { name: "lines by labels, every aggregate, as from the plain points", check: grouping },
  { name: "labels are text and nothing else", check: text },
  { name: "what is no number is left out", check: oddValues },
];
