import {
  checkQuestion,
  finiteValues,
  inOrder,
  type MetricAggregate,
  type MetricLine,
  type MetricPoint,
  type MetricQuestion,
  type MetricStore,
  metricLabels,
} from "../../src/index.js";

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Map<number, number>;
}

const aggregates: Readonly<Record<MetricAggregate, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  count: (values) => values.length,
};

/** Numbers in memory, in the plainest form: what the others are held against. */
export class MemoryMetricStore implements MetricStore {
  readonly #series = new Map<string, Map<string, Series>>();

  async write(points: readonly MetricPoint[]): Promise<void> {
    for (const point of points) {
      const labels = metricLabels(point.labels);
      const key = JSON.stringify(Object.entries(labels).sort());
      for (const [name, value] of finiteValues(point.values)) {
        const all = this.#series.get(`${point.name}_${name}`) ?? new Map<string, Series>();
        this.#series.set(`${point.name}_${name}`, all);
        const series = all.get(key) ?? { labels, values: new Map<number, number>() };
        all.set(key, series);
        series.values.set(point.atMs, value);
      }
    }
  }

  async range(question: MetricQuestion): Promise<MetricLine[]> {
    checkQuestion(question);
    const { name, value, labels = {}, by = [], aggregate, fromMs, toMs, stepMs } = question;
    const wanted = Object.entries(metricLabels(labels));
    const groups = new Map<string, { readonly labels: Record<string, string>; readonly buckets: Map<number, number[]> }>();
    for (const series of this.#series.get(`${name}_${value}`)?.values() ?? []) {
      if (!wanted.every(([key, text]) => series.labels[key] === text)) continue;
      const own = metricLabels(Object.fromEntries(by.map((key) => [key, series.labels[key] ?? ""])));
      const group = groups.get(JSON.stringify(own)) ?? { labels: own, buckets: new Map<number, number[]>() };
      groups.set(JSON.stringify(own), group);
      for (const [atMs, number] of series.values) {
        if (atMs < fromMs || atMs >= toMs) continue;
        const start = Math.floor(atMs / stepMs) * stepMs;
        group.buckets.set(start, [...(group.buckets.get(start) ?? []), number]);
      }
    }
    return inOrder(
      [...groups.values()].map(({ labels: own, buckets }) => ({
        labels: own,
        points: [...buckets].sort((a, b) => a[0] - b[0]).map(([atMs, values]) => ({ atMs, value: aggregates[aggregate](values) })),
      })),
    );
  }
}
