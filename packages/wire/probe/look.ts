import { randomBytes } from "node:crypto";
import { ProbeClient, type ProbeConnection } from "./probe-client.js";
import type { ProbeOptions, ProbeTarget, ProbeUser } from "./probe-options.js";

/** One probe under way: its names, and the connections that it has open. */
export class Look {
  readonly options: ProbeOptions;
  readonly #open: ProbeClient[] = [];
  #clients = 0;

  constructor(options: ProbeOptions) {
    this.options = options;
  }

  /** A topic of this probe, below where collectors and devices may speak. */
  topic(name: string): string {
    return `kedge/1/probe/${this.options.nonce}/${name}`;
  }

  clientId(): string {
    this.#clients += 1;
    return `kedgeprobe${this.options.nonce}${this.#clients}`;
  }

  /** A connection as the collector, by a client id of its own. */
  async collector(how: Partial<ProbeConnection> = {}): Promise<ProbeClient> {
    return await this.as(this.options.collector, this.options.target, how);
  }

  async as(user: ProbeUser, target: ProbeTarget, how: Partial<ProbeConnection> = {}): Promise<ProbeClient> {
    const client = await ProbeClient.open(target, user, { clientId: this.clientId(), ...how });
    this.#open.push(client);
    return client;
  }

  /** Ends what a step has opened. */
  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.close()));
  }
}

/** Whether it came about; a refusal, a cut connection and silence all mean no. */
export async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  );
}

/** A fresh name for a probe. */
export function newNonce(): string {
  return randomBytes(6).toString("hex");
}
