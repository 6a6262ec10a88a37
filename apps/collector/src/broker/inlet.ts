import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { BrokerCounters } from "./broker-stats.js";
import { type FrameCaps, FrameScanner } from "./frame-scanner.js";
import { type PublishHead, publishHead } from "./publish-head.js";

/** A connection whose other end has proven that its certificate is its own: a TLS connection after the handshake. */
export type ProvenSocket = Socket & { getPeerX509Certificate(): X509Certificate | undefined };

/** How much of one client may be worked on before no more is read from it. */
export interface InletBounds {
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
}

/**
 * Stands between a connection and the MQTT parser. It cuts the connection at the first packet beyond its cap, before it
 * is collected, and reads nothing while too much of what came is still being worked on: then the client's own TCP
 * connection fills up, and it waits. (Aedes reads on whenever bytes arrive, so it would collect them without bound.)
 */
export class Inlet {
  readonly #socket: ProvenSocket;
  readonly #scanner: FrameScanner;
  readonly #bounds: InletBounds;
  /** Told of a PUBLISH beyond its cap, before the connection is cut: what it announces, and what there is of it. */
  onOversize: ((publish: PublishHead) => void) | undefined;
  #messages = 0;
  #bytes = 0;
  #wasShut = false;

  constructor(socket: ProvenSocket, caps: FrameCaps, bounds: InletBounds, counters: BrokerCounters) {
    this.#socket = socket;
    this.#scanner = new FrameScanner(caps);
    this.#bounds = bounds;
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => {
      if (this.#isShut()) {
        this.#wasShut = true;
        return null;
      }
      const chunk: unknown = read(size);
      if (!(chunk instanceof Uint8Array) || this.#scanner.scan(chunk) === undefined) return chunk;
      counters.oversize += 1;
      const head = publishHead(this.#scanner.oversize, chunk);
      if (head !== undefined) this.onOversize?.(head);
      socket.destroy();
      return null;
    };
  }

  set caps(caps: FrameCaps) {
    this.#scanner.caps = caps;
  }

  /** A message is being worked on … */
  took(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  /** … and now it is done with. */
  settled(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    if (!this.#wasShut || this.#isShut()) return;
    this.#wasShut = false;
    // What had arrived meanwhile was announced when nobody would read it.
    this.#socket.emit("readable");
  }

  #isShut(): boolean {
    return this.#messages >= this.#bounds.maxPendingMessages || this.#bytes >= this.#bounds.maxPendingBytes;
  }
}
