/** What can be told. Append only: subscriptions are stored with these words. */
export const eventTypes = [
  "drift.detected",
  "drift.updated",
  "drift.resolved",
  "rollout.started",
  "rollout.wave_completed",
  "rollout.paused",
  "rollout.aborted",
  "rollout.rolled_back",
  "rollout.completed",
  "retrain.started",
  "retrain.succeeded",
  "retrain.rejected",
  "retrain.failed",
  "device.offline",
  "device.online",
  "test",
] as const;

/** One of {@link eventTypes}. */
export type EventType = (typeof eventTypes)[number];

export function isEventType(text: string): text is EventType {
  return (eventTypes as readonly string[]).includes(text);
}
