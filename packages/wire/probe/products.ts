/** Brokers that the probe knows how to mend. */
export const products = ["mosquitto", "rabbitmq", "nats", "emqx", "hivemq", "vernemq", "aws-iot", "aedes", "unknown"] as const;

/** One of {@link products}. */
export type Product = (typeof products)[number];

/** What a broker shows of itself. */
export interface ProductSigns {
  readonly host: string;
  /** Topics and texts under $SYS. */
  readonly sys: readonly { readonly topic: string; readonly text: string }[];
  readonly mqtt5: boolean;
  readonly qos2: boolean;
  readonly dots: "kept" | "taken for a level" | "refused";
}

/** Which broker it is: by what it says of itself, else by habits that no other has. */
export function recognise({ host, sys, mqtt5, qos2, dots }: ProductSigns): { readonly product: Product; readonly version: string | null } {
  if (host.endsWith(".amazonaws.com") && host.includes(".iot.")) return { product: "aws-iot", version: null };
  for (const { topic, text } of sys) {
    const own = /^mosquitto version (\S+)/.exec(text);
    if (topic === "$SYS/broker/version" && own !== null) return { product: "mosquitto", version: own[1] ?? null };
    if (topic.startsWith("$SYS/brokers/")) return { product: "emqx", version: topic.endsWith("/version") ? text : null };
    if (topic.startsWith("$SYS/VerneMQ")) return { product: "vernemq", version: null };
    if (/^\$SYS\/[^/]+\/(new\/clients|heartbeat)$/.test(topic)) return { product: "aedes", version: null };
  }
  if (dots === "refused" && !qos2 && !mqtt5) return { product: "nats", version: null };
  if (dots === "taken for a level") return { product: "rabbitmq", version: null };
  return { product: "unknown", version: null };
}
