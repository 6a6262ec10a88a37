export { codeOf, isClose, isSame, type StoreFixture, type StoreLaw, type Stores } from "./law.js";
export { type LeaseFixture, type LeaseLaw, leaseLaws } from "./lease-laws.js";
export { type MetricFixture, type MetricLaw, metricLaws } from "./metric-laws.js";
export { recordLaws } from "./record-laws.js";
export { seriesLaws } from "./series-laws.js";
export { makeSample, makeStream, makeWindow, specHash, streamSpec } from "./stream.js";
