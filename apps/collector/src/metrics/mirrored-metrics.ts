/** Every metric that is written, by the name that PromQL knows it by; `apps/docs/guide/stores.md` says what each is. */
export const mirroredMetrics: readonly string[] = [
  "kedge_window_rows",
  "kedge_window_errors",
  "kedge_feature_count",
  "kedge_feature_invalid",
  "kedge_feature_sum",
  "kedge_feature_p50",
  "kedge_feature_p95",
  "kedge_category_count",
  "kedge_device_info",
  "kedge_look_rows",
  "kedge_look_devices",
  "kedge_look_causes",
  "kedge_verdict_score",
  "kedge_verdict_limit",
  "kedge_verdict_drifted",
];
