import { type MetricQuestion, metricLabels } from "../../src/index.js";

/** Text as a string of PromQL. Labels hold no control characters and no backslashes, and are escaped all the same. */
export function promqlText(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** The series of a question: those that were written under `database`. */
function selector({ name, value, labels = {} }: MetricQuestion, database: string): string {
  const pairs = Object.entries({ db: database, ...metricLabels(labels) }).map(([key, text]) => `${key}=${promqlText(text)}`);
  return `${name}_${value}{${pairs.join(",")}}`;
}

/** A question as PromQL: first over each series' bucket, then over the series of a line. */
export function promqlOf(question: MetricQuestion, database: string): string {
  const { aggregate, by = [], stepMs } = question;
  const bucket = `${selector(question, database)}[${stepMs}ms]`;
  const lines = by.length === 0 ? "" : ` by (${by.join(",")})`;
  const over = (outer: string, inner: string): string => `${outer}(${inner}_over_time(${bucket}))${lines}`;
  if (aggregate === "mean") return `${over("sum", "sum")} / ${over("sum", "count")}`;
  return aggregate === "min" || aggregate === "max" ? over(aggregate, aggregate) : over("sum", aggregate);
}
