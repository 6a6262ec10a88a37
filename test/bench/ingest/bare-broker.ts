import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";

/** The embedded broker's MQTT library by itself: nobody is asked whether a message may come, and nobody takes it. */
export async function openBareBroker(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const mqtt = await Aedes.createBroker();
  const tcp = createServer({ noDelay: true }, (socket) => void mqtt.handle(socket)).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  return {
    port: (tcp.address() as AddressInfo).port,
    async close() {
      await new Promise<void>((resolve) => mqtt.close(() => resolve()));
      tcp.close();
    },
  };
}
