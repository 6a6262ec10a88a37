import { messageOf } from "@kedge/core";
import { escape as quoted, type InfluxDB } from "influx";
import { z } from "zod";
import {
  checkQuestion,
  finiteValues,
  inOrder,
  type MetricLine,
  type MetricPoint,
  type MetricQuestion,
  type MetricStore,
  metricLabels,
} from "../../src/index.js";
import { rowsOf } from "./influx-answer.js";
import { type InfluxPlace, influxClient, passwordOf, placeName } from "./influx-client.js";
import { influxFault } from "./influx-faults.js";

/** Points of one request: some 200 bytes each. */
export const metricBatch = 5_000;

/** Writes points as InfluxDB's lines; also VictoriaMetrics takes these. */
export async function writeMetricLines(influx: InfluxDB, points: readonly MetricPoint[]): Promise<void> {
  const lines = points.flatMap(({ name, labels, atMs, values }) => {
    const fields = finiteValues(values);
    return fields.length === 0
      ? []
      : [{ measurement: name, tags: metricLabels(labels), fields: Object.fromEntries(fields), timestamp: String(Math.round(atMs)) }];
  });
  for (let at = 0; at < lines.length; at += metricBatch) {
    await influx.writePoints(lines.slice(at, at + metricBatch), { precision: "ms" }).catch((error: unknown) => {
      if (!tooOld.test(messageOf(error))) throw error;
    });
  }
}

/** Of points some of which are older than the database keeps, the others are written; those never can be, however often they come again. */
const tooOld = /partial write: points beyond retention policy/i;

const row = z.looseObject({ time: z.coerce.number(), kedge_value: z.number().nullable() });

/** Numbers over time in InfluxDB 1.x: a measurement for each name, tags for labels, fields for values. The database is made when it is first written to. */
export class InfluxMetricStore implements MetricStore {
  readonly #place: InfluxPlace;
  #opened: Promise<InfluxDB> | undefined;

  constructor(place: InfluxPlace) {
    this.#place = place;
  }

  write(points: readonly MetricPoint[]): Promise<void> {
    return this.#asked("writing metrics to", async (influx) => writeMetricLines(influx, points));
  }

  async range(question: MetricQuestion): Promise<MetricLine[]> {
    checkQuestion(question);
    const { name, value, labels = {}, by = [], aggregate, fromMs, toMs, stepMs } = question;
    const where = Object.entries(metricLabels(labels)).map(([key, text]) => ` and ${quoted.quoted(key)} = ${quoted.stringLit(text)}`);
    const groups = [`time(${stepMs}ms)`, ...by.map((key) => quoted.quoted(key))].join(", ");
    const query = `select ${aggregate}(${quoted.quoted(value)}) as kedge_value from ${quoted.quoted(name)} where time >= ${fromMs}ms and time < ${toMs}ms${where.join("")} group by ${groups} fill(none)`;
    const { database } = this.#place;
    const [rows = []] = await this.#asked("asking for metrics of", async (influx) => rowsOf(await influx.queryRaw(query, { database, precision: "ms" }), 1));
    const lines = new Map<string, { readonly labels: Record<string, string>; readonly points: { atMs: number; value: number }[] }>();
    for (const one of rows) {
      const { time, kedge_value: number, ...tags } = row.parse(one);
      const own = metricLabels(Object.fromEntries(by.map((key) => [key, String(tags[key] ?? "")])));
      const line = lines.get(JSON.stringify(own)) ?? { labels: own, points: [] };
      lines.set(JSON.stringify(own), line);
      if (number !== null) line.points.push({ atMs: time, value: number });
    }
    return inOrder([...lines.values()]);
  }

  async #asked<T>(doing: string, ask: (influx: InfluxDB) => Promise<T>): Promise<T> {
    try {
      this.#opened ??= this.#open();
      return await ask(await this.#opened);
    } catch (error) {
      this.#opened = undefined;
      throw influxFault(error, `${doing} ${placeName(this.#place)}`, placeName(this.#place));
    }
  }

  async #open(): Promise<InfluxDB> {
    const { database } = this.#place;
    const influx = influxClient(this.#place, await passwordOf(this.#place));
    if (!(await influx.getDatabaseNames()).includes(database)) await influx.createDatabase(database);
    return influx;
  }
}
