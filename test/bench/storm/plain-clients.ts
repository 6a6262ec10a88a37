// A process that holds MQTT connections open, in as few bytes of code as that takes: it is the broker's memory that is looked at.
import { connect, type Socket } from "node:net";

/** How many are to be opened where, and by what they log in. */
export interface PlainAsk {
  readonly kind: "open" | "ping";
  readonly port: number;
  readonly token: string;
  readonly count: number;
}

export interface PlainClientsAnswer {
  readonly open: number;
  /** Of those that were asked, how many answered. */
  readonly answered: number;
}

const sockets: Socket[] = [];
/** Source addresses: each has 28,000 ports. */
const addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];
const atOnce = 100;

const text = (s: string): Buffer => Buffer.concat([Buffer.of(s.length >> 8, s.length & 255), Buffer.from(s)]);
function frame(head: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? Buffer.of(body.length) : Buffer.of((body.length & 127) | 128, body.length >> 7);
  return Buffer.concat([Buffer.of(head), length, body]);
}

/** The next packet of a type (its high nibble). */
function packet(socket: Socket, type: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      if ((bytes[0] ?? 0) >> 4 !== type) return;
      socket.off("data", take);
      resolve();
    };
    socket.on("data", take);
    socket.once("close", () => reject(new Error("the broker hung up")));
  });
}

/** CONNECT, then as many subscriptions as a device has. */
async function openOne(i: number, { port, token }: PlainAsk): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, localAddress: addresses[i % addresses.length] ?? "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(frame(0x10, text("MQTT"), Buffer.of(4, 0xc2, 1, 44), text(`api:${i}`), text("api"), text(token)));
  await packet(socket, 2);
  const filters = ["kedge/1/alerts/#", "kedge/1/alerts/a", "kedge/1/alerts/b"].map((filter) => Buffer.concat([text(filter), Buffer.of(1)]));
  socket.write(frame(0x82, Buffer.of(0, 1), ...filters));
  await packet(socket, 9);
  sockets.push(socket);
}

async function answerTo(ask: PlainAsk): Promise<PlainClientsAnswer> {
  if (ask.kind === "open") {
    for (let i = 0; i < ask.count; i += atOnce) await Promise.all(Array.from({ length: Math.min(atOnce, ask.count - i) }, (_, k) => openOne(i + k, ask)));
    return { open: sockets.filter((s) => !s.destroyed).length, answered: 0 };
  }
  const every = Math.max(1, Math.floor(sockets.length / ask.count));
  const asked = sockets.filter((_, i) => i % every === 0);
  const answers = asked.map((socket) => {
    const answered = packet(socket, 13);
    socket.write(frame(0xc0));
    return answered;
  });
  const settled = await Promise.allSettled(answers);
  return { open: sockets.filter((s) => !s.destroyed).length, answered: settled.filter((s) => s.status === "fulfilled").length / asked.length };
}

process.on("message", (ask: PlainAsk) => void answerTo(ask).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit(0));
