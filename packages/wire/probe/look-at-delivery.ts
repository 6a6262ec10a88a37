import type { DeliveryCapabilities } from "./capabilities.js";
import { type Look, succeeds } from "./look.js";

const burst = 200;
/** Up to the largest sample and a little more: topic, and seal. */
const payloadSizes = [64 * 1024 + 512, 128 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024 + 512] as const;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 100) / 100;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function lookAtQos1(look: Look): Promise<DeliveryCapabilities["qos1"]> {
  const [reader, writer] = [await look.collector(), await look.collector()];
  await reader.subscribe(look.topic("qos1"), 1);
  const times: number[] = [];
  for (let i = 0; i < 20; i += 1) times.push(await timed(() => writer.publish(look.topic("lone"), String(i), { qos: 1 })));
  await Promise.allSettled(Array.from({ length: burst }, (_, i) => writer.publish(look.topic("qos1"), String(i), { qos: 1 })));
  await reader.settle(look.options.quietMs, () => reader.heard.length >= burst);
  // What comes twice may come a little later.
  await reader.settle(Math.min(200, look.options.quietMs));
  const numbers = reader.heard.map(({ text }) => Number(text));
  const firsts = [...new Set(numbers)];
  return {
    sent: burst,
    received: firsts.length,
    inOrder: firsts.every((n, i) => i === 0 || n > (firsts[i - 1] ?? -1)),
    repeated: numbers.length - firsts.length,
    medianMs: median(times),
  };
}

async function arrives(look: Look, name: string, publish: (topic: string) => Promise<void>, text: string): Promise<boolean> {
  const reader = await look.collector();
  await reader.subscribe(look.topic(name), 1);
  if (!(await succeeds(publish(look.topic(name))))) return false;
  await reader.settle(look.options.quietMs, () => reader.heard.length > 0);
  return reader.heard.some((h) => h.text === text);
}

async function lookAtRetained(look: Look): Promise<Pick<DeliveryCapabilities, "retained" | "retainedByWildcard">> {
  const writer = await look.collector();
  const topic = look.topic("retained");
  await succeeds(writer.publish(topic, "kept", { qos: 1, retain: true }));
  const hears = async (filter: string): Promise<boolean> => {
    const reader = await look.collector();
    await reader.subscribe(filter, 1);
    await reader.settle(look.options.quietMs, () => reader.heard.length > 0);
    return reader.heard.some((h) => h.text === "kept" && h.retained);
  };
  const retained = await hears(topic);
  const retainedByWildcard = await hears(topic.replace(/[^/]+$/, "+"));
  await succeeds(writer.publish(topic, "", { qos: 1, retain: true }));
  return { retained, retainedByWildcard };
}

async function lookAtWill(look: Look): Promise<boolean> {
  const reader = await look.collector();
  await reader.subscribe(look.topic("will"), 1);
  const mortal = await look.collector({ will: { topic: look.topic("will"), text: "gone" } });
  mortal.cut();
  await reader.settle(Math.max(1_500, look.options.quietMs), () => reader.heard.length > 0);
  return reader.heard.some((h) => h.text === "gone");
}

async function lookAtAbsence(look: Look): Promise<Pick<DeliveryCapabilities, "persistentSession" | "offlineQueue" | "pubackMs">> {
  const { queueDepth, quietMs } = look.options;
  const clientId = look.clientId();
  const topic = look.topic("absent");
  const reader = await look.collector({ clientId, clean: false });
  await reader.subscribe(topic, 1);
  await reader.close();
  const writer = await look.collector();
  const single: number[] = [];
  let acknowledged = 0;
  for (let i = 0; i < queueDepth; ) {
    const count = i < 20 ? 1 : Math.min(100, queueDepth - i);
    const first = i;
    const tookMs = await timed(async () => {
      const sends = Array.from({ length: count }, (_, k) => succeeds(writer.publish(topic, String(first + k), { qos: 1 })));
      acknowledged += (await Promise.all(sends)).filter(Boolean).length;
    });
    if (count === 1) single.push(tookMs);
    i += count;
  }
  const again = await look.collector({ clientId, clean: false });
  await again.settle(Math.max(1_500, quietMs), () => again.heard.length >= queueDepth);
  const kept = new Set(again.heard.map((h) => h.text)).size;
  const persistentSession = again.hadSession;
  await again.close();
  // A clean session under its name takes the kept one away.
  await look.collector({ clientId });
  return { persistentSession, offlineQueue: { sent: queueDepth, acknowledged, kept }, pubackMs: median(single) };
}

async function lookAtUnacknowledged(look: Look): Promise<DeliveryCapabilities["unacknowledged"]> {
  const clientId = look.clientId();
  const topic = look.topic("mute");
  const mute = await look.collector({ clientId, clean: false, isMute: true });
  await mute.subscribe(topic, 1);
  const writer = await look.collector();
  await writer.publish(topic, "once", { qos: 1 });
  await mute.settle(look.options.quietMs, () => mute.heard.length > 0);
  if (mute.heard.length === 0) return null;
  mute.cut();
  const again = await look.collector({ clientId, clean: false });
  await again.settle(Math.max(1_500, look.options.quietMs), () => again.heard.length > 0);
  const [first] = again.heard;
  await again.close();
  await look.collector({ clientId });
  if (first === undefined) return "not sent again at once";
  return first.repeated ? "sent again, marked" : "sent again, unmarked";
}

async function largestPayload(look: Look): Promise<number> {
  let largest = 0;
  for (const size of payloadSizes) {
    const [reader, writer] = [await look.collector(), await look.collector()];
    await reader.subscribe(look.topic("large"), 1);
    await succeeds(writer.publish(look.topic("large"), Buffer.alloc(size, 120), { qos: 1 }));
    await reader.settle(look.options.quietMs, () => reader.heard.length > 0);
    const isThere = reader.heard.some((h) => h.bytes === size);
    await look.close();
    if (!isThere) break;
    largest = size;
  }
  return largest;
}

async function lookAtDots(look: Look): Promise<DeliveryCapabilities["dots"]> {
  const reader = await look.collector();
  await reader.subscribe(`${look.topic("dot")}/#`, 1);
  const writer = await look.collector();
  const isTaken = await succeeds(writer.publish(`${look.topic("dot")}/a.b`, "x", { qos: 1 }));
  await reader.settle(look.options.quietMs, () => reader.heard.length > 0);
  const [first] = reader.heard;
  if (!isTaken || first === undefined) return "refused";
  return first.topic.endsWith("/a.b") ? "kept" : "taken for a level";
}

/** Looks at what becomes of messages. */
export async function lookAtDelivery(look: Look): Promise<DeliveryCapabilities> {
  const { onStep } = look.options;
  const step = async <T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    onStep(what);
    try {
      return await work();
    } catch {
      return otherwise;
    } finally {
      await look.close();
    }
  };
  const none = { sent: burst, received: 0, inOrder: true, repeated: 0, medianMs: 0 };
  const qos1 = await step("QoS 1", () => lookAtQos1(look), none);
  const qos2 = await step(
    "QoS 2",
    async () => arrives(look, "qos2", async (topic) => (await look.collector()).publish(topic, "two", { qos: 2 }), "two"),
    false,
  );
  const retained = await step("retained messages", () => lookAtRetained(look), { retained: false, retainedByWildcard: false });
  const will = await step("the will", () => lookAtWill(look), false);
  const absence = await step("messages for a client that is away", () => lookAtAbsence(look), { persistentSession: false, offlineQueue: null, pubackMs: null });
  const unacknowledged = await step("messages that were not acknowledged", () => lookAtUnacknowledged(look), null);
  const maxPayloadBytes = await step("large messages", () => largestPayload(look), 0);
  const dots = await step("topics", () => lookAtDots(look), "refused");
  const triedPayloadBytes = payloadSizes.at(-1) ?? 0;
  return { qos1, qos2, ...retained, will, ...absence, unacknowledged, maxPayloadBytes, triedPayloadBytes, dots };
}
