import type { SharingCapabilities } from "./capabilities.js";
import { type Look, succeeds } from "./look.js";

const messages = 100;

async function shared(look: Look, version: 4 | 5): Promise<SharingCapabilities["shared311"]> {
  const topic = look.topic(`shared${version}`);
  const readers = [await look.collector({ version }), await look.collector({ version })];
  for (const reader of readers) if (!(await reader.subscribe(`$share/kedgeprobe/${topic}`, 1))) return null;
  const writer = await look.collector();
  for (let i = 0; i < messages; i += 1) await succeeds(writer.publish(topic, String(i), { qos: 1 }));
  for (const reader of readers) await reader.settle(look.options.quietMs, () => readers.reduce((n, r) => n + r.heard.length, 0) >= messages);
  return { received: readers.reduce((n, r) => n + r.heard.length, 0), isSpread: readers.every((r) => r.heard.length > 0) };
}

async function wildcard(look: Look): Promise<boolean> {
  const reader = await look.collector();
  await reader.subscribe("kedge/1/+/+/probed", 1);
  const writer = await look.collector();
  await writer.publish(look.topic("probed"), "x", { qos: 1 });
  await reader.settle(look.options.quietMs, () => reader.heard.length > 0);
  return reader.heard.length > 0;
}

/** Looks at subscriptions for many. */
export async function lookAtSharing(look: Look, hasMqtt5: boolean): Promise<SharingCapabilities> {
  look.options.onStep("subscriptions for many");
  const step = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work;
    } catch {
      return otherwise;
    } finally {
      await look.close();
    }
  };
  return {
    wildcard: await step(wildcard(look), false),
    shared311: await step(shared(look, 4), null),
    shared5: hasMqtt5 ? await step(shared(look, 5), null) : null,
  };
}
