import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { DeviceId } from "@kedge/core";
import { decodeAck } from "@kedge/wire";
import { deviceId } from "../query/filled-store.js";
import { connectPacket, deviceMark, type LoadPlan, Packets, prefaceBytes, subscribePacket, timeMark, topicBytes, windowMs } from "./packets.js";

/** Where to send, and what counts as taken: the broker's own word (PUBACK), or the collector's acknowledgement. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly awaits: "puback" | "ack";
  /** With these papers each device comes over TLS; else it names itself in a line before its first packet, or does not. */
  readonly papers?: readonly { readonly cert: string; readonly key: string }[];
  readonly authority?: string;
  readonly hasPreface?: boolean;
  /** Instead of a window of statistics: what another system is sent. */
  readonly lines?: readonly string[];
  readonly topic?: string;
}

/** What the load generator saw. */
export interface LoadSeen {
  readonly sent: number;
  readonly repeats: number;
  readonly pubacks: number;
  /** Windows that the collector said are stored. */
  readonly acknowledged: number;
  /** Acknowledgements that went back, or beyond what was sent: there may be none. */
  readonly wrongAcks: number;
  readonly cpuSeconds: number;
}

/** One device's connection: sends windows in their order while few enough wait for an acknowledgement. */
class Sender {
  readonly #socket: Socket;
  readonly #plan: LoadPlan;
  readonly #packets: Packets;
  readonly #device: DeviceId;
  readonly #target: LoadTarget;
  readonly #topic: Uint8Array;
  readonly #onDone: () => void;
  #rest: Buffer = Buffer.alloc(0);
  #packetId = 0;
  #isReady = false;
  sent = 0;
  repeats = 0;
  pubacks = 0;
  acknowledged = 0;
  wrongAcks = 0;

  constructor(parts: { socket: Socket; plan: LoadPlan; packets: Packets; device: DeviceId; target: LoadTarget; onReady: () => void; onDone: () => void }) {
    this.#socket = parts.socket;
    this.#plan = parts.plan;
    this.#packets = parts.packets;
    this.#device = parts.device;
    this.#target = parts.target;
    this.#onDone = parts.onDone;
    this.#topic = parts.target.topic === undefined ? topicBytes(this.#device, "stats") : Buffer.from(parts.target.topic);
    this.#socket.on("data", (bytes: Buffer) => this.#read(bytes, parts.onReady));
    if (parts.target.hasPreface === true) this.#socket.write(this.#device.padEnd(prefaceBytes));
    this.#socket.write(connectPacket(this.#device));
  }

  get isDone(): boolean {
    const { windowsOfEach } = this.#plan;
    return this.#target.awaits === "ack" ? this.acknowledged >= windowsOfEach : this.pubacks >= windowsOfEach + this.repeats;
  }

  /** Fills what may be in flight, in one write. */
  send(): void {
    const { windowsOfEach, inFlight, repeatsPerThousand } = this.#plan;
    const taken = this.#target.awaits === "ack" ? this.acknowledged : this.pubacks - this.repeats;
    const until = Math.min(windowsOfEach, taken + inFlight);
    const out: Uint8Array[] = [];
    while (this.sent < until) {
      this.sent += 1;
      const payload = this.#payload(this.sent);
      out.push(this.#packet(payload));
      if ((this.sent * 7_919) % 1_000 >= repeatsPerThousand) continue;
      this.repeats += 1;
      out.push(this.#packet(payload));
    }
    if (out.length > 0) this.#socket.write(out.length === 1 ? (out[0] as Uint8Array) : Buffer.concat(out));
  }

  end(): void {
    this.#socket.end(Buffer.of(0xe0, 0));
  }

  #payload(seq: number): Uint8Array {
    const { lines } = this.#target;
    if (lines === undefined) return this.#packets.window(this.#device, seq);
    const text = lines[(seq * 31) % lines.length] ?? "";
    return Buffer.from(text.replaceAll(deviceMark, this.#device).replaceAll(timeMark, `${this.#plan.startMs + seq * windowMs}000000`), "latin1");
  }

  #packet(payload: Uint8Array): Uint8Array {
    this.#packetId = (this.#packetId % 65_535) + 1;
    return this.#packets.publish(this.#topic, this.#packetId, payload);
  }

  #read(bytes: Buffer, onReady: () => void): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    let isMore = false;
    while (at + 2 <= all.length) {
      const length = all[at + 1] ?? 0;
      if (length > 127) throw new Error("nothing that a broker says here is so long");
      if (at + 2 + length > all.length) break;
      isMore = this.#take(all.subarray(at, at + 2 + length), onReady) || isMore;
      at += 2 + length;
    }
    this.#rest = all.subarray(at);
    if (!isMore) return;
    if (this.isDone) this.#onDone();
    else this.send();
  }

  /** Whether more may be sent now. */
  #take(packet: Buffer, onReady: () => void): boolean {
    const type = (packet[0] ?? 0) >> 4;
    if (type === 2) {
      if (packet[3] !== 0) throw new Error(`${this.#device} was refused: ${packet[3]}`);
      if (this.#target.awaits === "ack") this.#socket.write(subscribePacket(topicBytes(this.#device, "ack")));
      else this.#ready(onReady);
    } else if (type === 9) this.#ready(onReady);
    else if (type === 4) {
      this.pubacks += 1;
      return this.#target.awaits === "puback";
    } else if (type === 3) return this.#acknowledge(packet);
    return false;
  }

  #ready(onReady: () => void): void {
    if (this.#isReady) return;
    this.#isReady = true;
    onReady();
  }

  #acknowledge(packet: Buffer): boolean {
    const decoded = decodeAck(packet.subarray(4 + packet.readUInt16BE(2)));
    const seq = decoded.kind === "decoded" ? decoded.value.seq : 0;
    if (seq < this.acknowledged || seq > this.sent) this.wrongAcks += 1;
    else this.acknowledged = seq;
    return true;
  }
}

function connected(target: LoadTarget, i: number): Promise<Socket> {
  const papers = target.papers?.[i];
  const options = { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const socket: Socket =
      papers === undefined
        ? connectTcp(options, () => resolve(socket))
        : connectTls({ ...options, ...papers, ...(target.authority === undefined ? {} : { ca: target.authority }), checkServerIdentity: () => undefined }, () =>
            resolve(socket),
          );
    socket.setNoDelay(true);
    socket.once("error", reject);
  });
}

/** Connects a fleet; `run` sends everything and settles once all of it is acknowledged. */
export async function openLoad(plan: LoadPlan, target: LoadTarget): Promise<{ run(): Promise<LoadSeen>; close(): void }> {
  const packets = new Packets(plan);
  let left = plan.devices;
  let allDone = (): void => {};
  const done = new Promise<void>((resolve) => {
    allDone = resolve;
  });
  const senders: Sender[] = [];
  for (let i = 0; i < plan.devices; i += 1) {
    const socket = await connected(target, i);
    await new Promise<void>((onReady) => {
      const onDone = (): void => {
        left -= 1;
        if (left === 0) allDone();
      };
      senders.push(new Sender({ socket, plan, packets, device: deviceId(i), target, onReady, onDone }));
    });
  }
  return {
    async run() {
      const cpu = process.cpuUsage();
      for (const sender of senders) sender.send();
      await done;
      const { user, system } = process.cpuUsage(cpu);
      const sum = (of: (sender: Sender) => number): number => senders.reduce((total, sender) => total + of(sender), 0);
      return {
        sent: sum((s) => s.sent),
        repeats: sum((s) => s.repeats),
        pubacks: sum((s) => s.pubacks),
        acknowledged: sum((s) => s.acknowledged),
        wrongAcks: sum((s) => s.wrongAcks),
        cpuSeconds: (user + system) / 1e6,
      };
    },
    close() {
      for (const sender of senders) sender.end();
    },
  };
}

/** The load in a process of its own, when it was started as one: waits for the plan, says when all are connected, runs when it is told to. */
export async function serveLoad(): Promise<void> {
  const [first] = (await once(process, "message")) as [{ readonly plan: LoadPlan; readonly target: LoadTarget }];
  const load = await openLoad(first.plan, first.target);
  process.send?.("connected");
  await once(process, "message");
  process.send?.(await load.run());
  await once(process, "message");
  load.close();
  process.disconnect();
}
