import { KedgeError, messageOf } from "@kedge/core";
import type { InfluxDB } from "influx";
import { z } from "zod";
import { checkQuestion, inOrder, type MetricLine, type MetricPoint, type MetricQuestion, type MetricStore, metricLabels, storeCodes } from "../../src/index.js";
import { type InfluxPlace, influxClient, passwordOf, placeName } from "../influx/influx-client.js";
import { influxFault } from "../influx/influx-faults.js";
import { writeMetricLines } from "../influx/influx-metric-store.js";
import { promqlOf } from "./promql.js";

const requestTimeoutMs = 30_000;

const answer = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) })) }),
});

interface Opened {
  readonly influx: InfluxDB;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Numbers over time in VictoriaMetrics: written as InfluxDB's lines, asked for by PromQL, since it answers InfluxQL with a stub. Points that come
 * twice are one only if the server says so (`-dedup.minScrapeInterval`), which is looked at before anything is written.
 */
export class VictoriaMetricStore implements MetricStore {
  readonly #place: InfluxPlace;
  readonly #base: string;
  #opened: Promise<Opened> | undefined;

  constructor(place: InfluxPlace) {
    this.#place = place;
    this.#base = `${place.protocol}://${place.host}:${place.port}`;
  }

  write(points: readonly MetricPoint[]): Promise<void> {
    return this.#asked("writing metrics to", ({ influx }) => writeMetricLines(influx, points));
  }

  async range(question: MetricQuestion): Promise<MetricLine[]> {
    checkQuestion(question);
    const { by = [], fromMs, toMs, stepMs } = question;
    // A window of PromQL is open at its start and closed at its end: asked for at the last moment of a bucket, it is that bucket.
    const at = (ms: number): string => (ms / 1_000).toFixed(3);
    const asked = {
      query: promqlOf(question, this.#place.database),
      start: at(fromMs + stepMs - 1),
      end: at(toMs - 1),
      step: `${stepMs}ms`,
      // Answers from its cache would be moved to whole steps.
      nocache: "1",
    };
    const text = await this.#asked("asking for metrics of", ({ headers }) => this.#fetch("/api/v1/query_range", { headers, body: new URLSearchParams(asked) }));
    const { result } = answer.parse(JSON.parse(text)).data;
    return inOrder(
      result.map(({ metric, values }) => ({
        labels: metricLabels(Object.fromEntries(by.map((key) => [key, metric[key] ?? ""]))),
        points: values.map(([seconds, value]) => ({ atMs: Math.round(seconds * 1_000) - stepMs + 1, value: Number(value) })),
      })),
    );
  }

  async #asked<T>(doing: string, ask: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      this.#opened ??= this.#open();
      return await ask(await this.#opened);
    } catch (error) {
      this.#opened = undefined;
      throw influxFault(error, `${doing} ${placeName(this.#place)}`, placeName(this.#place));
    }
  }

  async #open(): Promise<Opened> {
    const { user } = this.#place;
    const password = await passwordOf(this.#place);
    const basic = Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64");
    const headers: Record<string, string> = user === undefined ? {} : { authorization: `Basic ${basic}` };
    await this.#checkRepeats(headers);
    return { influx: influxClient(this.#place, password), headers };
  }

  /** Refuses a server that would count what comes twice as two. Where it does not show its flags (behind a proxy), this cannot be seen. */
  async #checkRepeats(headers: Readonly<Record<string, string>>): Promise<void> {
    const response = await this.#request("/flags", { headers });
    const flags = response.ok ? await response.text() : "";
    if (!flags.includes("-storageDataPath") && !flags.includes("-httpListenAddr")) return;
    if (/^-dedup\.minScrapeInterval="?(?!0s?"?$)[^"\s]+/m.test(flags)) return;
    throw new KedgeError(storeCodes.keepsRepeats, `${this.#base} keeps a point that is written twice as two`, {
      hint: "Start VictoriaMetrics with -dedup.minScrapeInterval=1ms: what is written again after a fault would be counted twice.",
      context: { exit: "storage", path: this.#base },
      retryable: true,
    });
  }

  async #fetch(path: string, init: { readonly headers: Readonly<Record<string, string>>; readonly body?: URLSearchParams }): Promise<string> {
    const response = await this.#request(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
    return text;
  }

  #request(path: string, { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body?: URLSearchParams }): Promise<Response> {
    const method = body === undefined ? {} : { method: "POST", body };
    return fetch(`${this.#base}${path}`, { headers, ...method, signal: AbortSignal.timeout(requestTimeoutMs) }).catch((error: unknown) => {
      // What fetch says is only that it failed.
      throw new Error(messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error), { cause: error });
    });
  }
}
