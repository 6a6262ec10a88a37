import { envelopeBytes, type PackedBundle } from "@kedge/registry";
import {
  type Birth,
  type Chunk,
  chunkCountOf,
  chunkLengthOf,
  type Decoded,
  decodeBirth,
  decodeChunkRequest,
  decodeReportedState,
  decodeUpdateEvent,
  decodeWindow,
  type DesiredState,
  type DeviceLeaf,
  encodeAck,
  encodeChunk,
  filterFor,
  type Link,
  type Rejected,
  type ReportedState,
  topicFor,
  type UpdateEvent,
  type WireWindow,
  wireLimits,
} from "@kedge/wire";
import type { MemoryBroker } from "@kedge/wire/adapters";
import { deviceId, sha256, signedDesire } from "./toy-agent.fixture.js";

interface Arrivals<T> {
  readonly leaf: DeviceLeaf;
  readonly decode: (bytes: Uint8Array) => Decoded<T> | Rejected;
  readonly into: T[];
  /** What is acknowledged of it. */
  readonly key?: (value: T) => { readonly bootEpoch: number; readonly seq: number };
}

/** A collector as far as one device sees it, over a broker in memory. */
export class DeskCollector {
  readonly births: Birth[] = [];
  readonly reports: ReportedState[] = [];
  readonly windows: WireWindow[] = [];
  readonly events: UpdateEvent[] = [];
  /** Messages that a device sent and nobody can read. */
  readonly unreadable: string[] = [];
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #link: Link;
  onTheWay: (chunk: Chunk) => Uint8Array | undefined = encodeChunk;
  isAcknowledging = true;

  constructor(broker: MemoryBroker) {
    this.#link = broker.link({ clientId: "collector" });
  }

  async start(): Promise<void> {
    await this.#take({ leaf: "birth", decode: decodeBirth, into: this.births });
    await this.#take({ leaf: "reported", decode: decodeReportedState, into: this.reports });
    await this.#take({ leaf: "stats", decode: decodeWindow, into: this.windows, key: (w) => w.key });
    await this.#take({ leaf: "evt", decode: decodeUpdateEvent, into: this.events, key: (e) => e.key });
    await this.#link.subscribe(filterFor("art/get"), { qos: 0 }, ({ payload }) => this.#answer(payload));
    await this.#link.connect();
  }

  async #take<T>({ leaf, decode, into, key }: Arrivals<T>): Promise<void> {
    await this.#link.subscribe(filterFor(leaf), { qos: 1 }, ({ payload }) => {
      const found = decode(payload);
      if (found.kind === "rejected") {
        this.unreadable.push(`${leaf}: ${found.message}`);
        return;
      }
      into.push(found.value);
      if (key !== undefined && this.isAcknowledging) void this.#link.publish(topicFor(deviceId, "ack"), encodeAck(key(found.value)), { qos: 0 });
    });
  }

  #answer(payload: Uint8Array): void {
    const request = decodeChunkRequest(payload);
    const blob = request.kind === "decoded" ? this.#blobs.get(request.value.digest) : undefined;
    if (request.kind === "rejected" || blob === undefined) return;
    const { digest, index, count } = request.value;
    for (let i = index; i < Math.min(index + count, chunkCountOf(blob.length)); i += 1) {
      const at = i * wireLimits.chunkBytes;
      const sent = this.onTheWay({ digest, index: i, total: blob.length, bytes: blob.subarray(at, at + chunkLengthOf(blob.length, i)) });
      if (sent !== undefined) void this.#link.publish(topicFor(deviceId, "art/blk"), sent, { qos: 0 });
    }
  }

  offer(...bundles: readonly PackedBundle[]): void {
    for (const { envelope, files } of bundles) for (const blob of [envelopeBytes(envelope), ...files.values()]) this.#blobs.set(sha256(blob), blob);
  }

  /** Wants a bundle of the device, or says whatever is given. */
  async want(wish: DesiredState | Uint8Array): Promise<void> {
    await this.#link.publish(topicFor(deviceId, "desired"), wish instanceof Uint8Array ? wish : signedDesire(wish), { qos: 1, retain: true });
  }

  /** Says something to the device on another topic. */
  async say(leaf: "art/blk" | "ack", payload: Uint8Array): Promise<void> {
    await this.#link.publish(topicFor(deviceId, leaf), payload, { qos: 0 });
  }

  get last(): ReportedState | undefined {
    return this.reports.at(-1);
  }
}
