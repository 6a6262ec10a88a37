import type { MetricStore } from "@kedge/store";
import { InfluxMetricStore, VictoriaMetricStore } from "@kedge/store/adapters";
import type { CollectorConfig } from "../config.js";
import { MetricMirror, type MetricMirrorDeps } from "./metric-mirror.js";

/** A database of metrics beside the store: numbers to be drawn. */
export interface Metrics {
  readonly kind: "influxdb" | "victoriametrics";
  /** Where, in words. */
  readonly place: string;
  readonly maxSeries: number;
  readonly store: MetricStore;
  readonly mirror: MetricMirror;
}

/** Asks nothing of the server yet: a collector starts without it. `undefined` where there is none. */
export function openMetrics(config: CollectorConfig["store"]["metrics"], deps: Omit<MetricMirrorDeps, "store" | "maxSeries">): Metrics | undefined {
  if (config.kind === "none") return undefined;
  const { kind, maxSeries, protocol, host, port, database } = config;
  const store = kind === "influxdb" ? new InfluxMetricStore(config) : new VictoriaMetricStore(config);
  return { kind, place: `${protocol}://${host}:${port}/${database}`, maxSeries, store, mirror: new MetricMirror({ ...deps, store, maxSeries }) };
}
