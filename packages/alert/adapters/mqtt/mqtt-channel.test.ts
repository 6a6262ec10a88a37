import { expect, test } from "vitest";
import type { Notification, OutgoingMessage } from "../../src/index.js";
import { MqttChannel } from "./mqtt-channel.js";

interface Published {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
}

function channel(clearAfterMs: number): { readonly channel: MqttChannel; readonly published: Published[]; next(count: number): Promise<void> } {
  const published: Published[] = [];
  let wake: () => void = () => {};
  const made = new MqttChannel({
    clearAfterMs,
    publish: async (topic, payload, { retain }) => {
      published.push({ topic, text: Buffer.from(payload).toString("utf8"), retain });
      wake();
    },
  });
  const next = async (count: number): Promise<void> => {
    while (published.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { channel: made, published, next };
}

function message(type: Notification["type"], incidentId: string | null): OutgoingMessage {
  const head = { noticeId: "n", atMs: 0, severity: "warning", title: "t", deviceIds: [], deviceLabels: [], data: {} } as const;
  return { messageId: "m", notification: { ...head, type, incidentId }, body: JSON.stringify({ type }) };
}

test("an incident is retained while it lasts, and its topic is cleared some time after its end", async () => {
  const { channel: mqtt, published, next } = channel(5);
  await mqtt.send(message("drift.detected", "inc_1"));
  await mqtt.send(message("drift.resolved", "inc_1"));
  await next(3);
  expect(published).toEqual([
    { topic: "kedge/1/alerts/inc_1", text: '{"type":"drift.detected"}', retain: true },
    { topic: "kedge/1/alerts/inc_1", text: '{"type":"drift.resolved"}', retain: true },
    { topic: "kedge/1/alerts/inc_1", text: "", retain: true },
  ]);
  await mqtt.close();
});

test("what is about no incident is told once and not retained", async () => {
  const { channel: mqtt, published } = channel(5);
  await mqtt.send(message("rollout.wave_completed", null));
  expect(published).toEqual([{ topic: "kedge/1/alerts/rollout-wave_completed", text: '{"type":"rollout.wave_completed"}', retain: false }]);
  await mqtt.close();
});

test("of very many ended incidents, the oldest are cleared early", async () => {
  const { channel: mqtt, published } = channel(3_600_000);
  for (let i = 0; i <= 1_000; i += 1) await mqtt.send(message("drift.resolved", `inc_${i}`));
  expect(published.filter((p) => p.text === "").map((p) => p.topic)).toEqual(["kedge/1/alerts/inc_0"]);
  await mqtt.close();
});
