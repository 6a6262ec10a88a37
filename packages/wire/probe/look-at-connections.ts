import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionCapabilities, DeliveryCapabilities } from "./capabilities.js";
import { type Look, succeeds } from "./look.js";
import type { ProbeTarget } from "./probe-options.js";
import { type ProductSigns, recognise } from "./products.js";

/** Whether the server still takes a TLS of before 2008. The certificate is not looked at: nothing is said over it. */
function takesOldTls({ url, limitMs }: ProbeTarget): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connectTls({
      host: hostname,
      port: Number(port || 8883),
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      // Our own library refuses its ciphers otherwise, and would not ask.
      ciphers: "DEFAULT@SECLEVEL=0",
      rejectUnauthorized: false,
      timeout: limitMs,
    });
    const done = (isTaken: boolean) => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once("secureConnect", () => done(true));
    socket.once("error", () => done(false));
    socket.once("timeout", () => done(false));
  });
}

async function speaks(look: Look, version: 4 | 5): Promise<boolean> {
  return await succeeds(look.collector({ version }).then((client) => client.close()));
}

async function anonymousAccess(look: Look, target: ProbeTarget): Promise<ConnectionCapabilities["anonymous"]> {
  const client = await look.as({}, target).catch(() => undefined);
  if (client === undefined) return "refused";
  // A broker may grant and give nothing: only what arrives counts.
  for (const filter of [look.topic("secret"), "kedge/1/#", "#"]) if (!client.isCut) await client.subscribe(filter, 1);
  const speaker = await look.collector();
  await succeeds(speaker.publish(look.topic("secret"), "for the collector only", { qos: 1 }));
  await client.settle(look.options.quietMs, () => client.heard.length > 0);
  return client.heard.length > 0 ? "hears all" : "let in";
}

async function isTakenOver(look: Look): Promise<boolean> {
  const clientId = look.clientId();
  const older = await look.collector({ clientId });
  const newer = await look.collector({ clientId });
  await older.settle(look.options.quietMs, () => older.isCut);
  return older.isCut && !newer.isCut;
}

async function sysTopics(look: Look): Promise<ProductSigns["sys"]> {
  const client = await look.collector();
  for (const filter of ["$SYS/#", "$SYS/broker/version"]) if (!client.isCut) await client.subscribe(filter, 0);
  // Some say a word there only when somebody comes.
  await succeeds(look.collector());
  await client.settle(look.options.quietMs);
  return client.heard.map(({ topic, text }) => ({ topic, text }));
}

/** Looks at who gets in, and how. */
export async function lookAtConnections(look: Look): Promise<ConnectionCapabilities & { readonly sys: ProductSigns["sys"] }> {
  const { target, onStep } = look.options;
  const isTls = target.url.startsWith("mqtts:");
  onStep("the connection");
  const first = await look.collector();
  const { tls } = first;
  const oldTls = isTls ? await takesOldTls(target) : null;
  const mqtt5 = await speaks(look, 5);
  onStep("who is let in");
  const anonymous = await anonymousAccess(look, target);
  const takeover = await isTakenOver(look).catch(() => false);
  const sys = await sysTopics(look).catch(() => []);
  await look.close();
  return { mqtt311: true, mqtt5, tls, oldTls, anonymous, takeover, sysTopics: new Set(sys.map((s) => s.topic)).size, sys };
}

/** Which broker it is. */
export function recogniseFrom(look: Look, seen: Pick<ConnectionCapabilities, "mqtt5"> & { readonly sys: ProductSigns["sys"] }, delivery: DeliveryCapabilities) {
  const found = recognise({ host: new URL(look.options.target.url).hostname, sys: seen.sys, mqtt5: seen.mqtt5, qos2: delivery.qos2, dots: delivery.dots });
  const { product } = look.options;
  return product === null ? found : { product, version: product === found.product ? found.version : null };
}
