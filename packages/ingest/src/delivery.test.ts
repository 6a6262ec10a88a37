import { randomInt, seededRandom } from "@kedge/core";
import { type Ack, compareKeys, type OutboxKey, type OutboxRecord, wireLimits } from "@kedge/wire";
import { MemoryOutbox } from "@kedge/wire/adapters";
import { expect, test } from "vitest";
import { ackFor, admit, announce, emptyIngestState, type IngestState, sizeOf } from "./index.js";

/** A device with its outbox, a net that loses, repeats and reorders, and a collector; all driven by one seed. */
class Story {
  readonly #random;
  #outbox: MemoryOutbox;
  #sentThrough: OutboxKey | undefined;
  #state: IngestState = emptyIngestState;
  /** On the way to the collector, and back. */
  #up: OutboxRecord[] = [];
  #down: Ack[] = [];
  readonly appended = new Set<string>();
  readonly stored: string[] = [];

  constructor(seed: number, maxBytes: number) {
    this.#random = seededRandom(seed);
    this.#outbox = new MemoryOutbox({ bootEpoch: 100, maxBytes, maxRecordBytes: maxBytes });
  }

  async step(): Promise<void> {
    const what = randomInt(this.#random, 100);
    if (what < 30) await this.append();
    else if (what < 55) await this.send(3);
    else if (what < 80) this.deliver();
    else if (what < 94) await this.acknowledge();
    else if (what < 97) await this.connect();
    else await this.restart();
  }

  async append(): Promise<void> {
    const answer = await this.#outbox.append("window", () => new Uint8Array(100));
    if (answer.kind === "appended") this.appended.add(nameOf(answer.key));
  }

  async send(most: number): Promise<void> {
    const records = await this.#outbox.peek(most, this.#sentThrough);
    for (const record of records) {
      this.#sentThrough = record;
      if (this.#random() < 0.85) this.#up.push(record);
      if (this.#random() < 0.15) this.#up.push(record);
    }
  }

  /** One of the first few messages arrives. */
  deliver(): void {
    const [record] = this.#up.splice(randomInt(this.#random, Math.min(4, this.#up.length)), 1);
    if (record === undefined) return;
    const answer = admit(this.#state, record);
    if (answer.kind === "admitted") {
      this.#state = answer.state;
      this.stored.push(nameOf(record));
    }
    if (answer.kind === "refused") return;
    const ack = ackFor(this.#state, record.bootEpoch);
    if (ack !== undefined && this.#random() < 0.8) this.#down.push(ack);
  }

  async acknowledge(): Promise<void> {
    const ack = this.#down.shift();
    if (ack !== undefined) await this.#outbox.ackThrough(ack);
  }

  /** A new connection: what was on the way may be lost, and everything unacknowledged is sent again. */
  async connect(): Promise<void> {
    if (this.#random() < 0.5) this.#up = [];
    this.#down = [];
    this.#sentThrough = undefined;
    const held = this.#outbox.held();
    const own = held.at(-1) ?? { bootEpoch: this.#outbox.bootEpoch, oldestSeq: 1, nextSeq: 1 };
    const answer = announce(this.#state, { ...own, backlog: held.slice(0, -1).slice(0, wireLimits.backlog) }, 0);
    if (answer.kind !== "announced") throw new RangeError(`the birth is ${answer.kind}`);
    this.#state = answer.state;
    this.#down.push(...answer.acks);
  }

  async restart(): Promise<void> {
    this.#outbox = this.#outbox.restarted();
    await this.connect();
  }

  /** The net is good at last. */
  async finish(): Promise<void> {
    for (let round = 0; this.#outbox.stats().records > 0; round += 1) {
      if (round === 500) throw new RangeError(`never done: ${JSON.stringify(this.#outbox.held())} ${JSON.stringify(this.#state)}`);
      await this.connect();
      await this.send(1_000);
      while (this.#up.length > 0) this.deliver();
      while (this.#down.length > 0) await this.acknowledge();
    }
  }

  /** What the collector knows to be lost. */
  get lost(): number {
    return this.#state.epochs.reduce((sum, epoch) => sum + sizeOf(epoch.lost), this.#state.lostBefore);
  }

  get stateBytes(): number {
    return JSON.stringify(this.#state).length;
  }
}

const nameOf = (key: OutboxKey) => `${key.bootEpoch}/${key.seq}`;
const byKey = (a: string, b: string) => {
  const of = (name: string): OutboxKey => ({ bootEpoch: Number(name.split("/")[0]), seq: Number(name.split("/")[1]) });
  return compareKeys(of(a), of(b));
};

test("over a bad net, through restarts, everything is stored once and the outbox empties", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const story = new Story(seed, 1_000_000);
    for (let i = 0; i < 500; i += 1) await story.step();
    await story.finish();
    expect(story.stored.sort(byKey), `seed ${seed}`).toEqual([...story.appended].sort(byKey));
    expect(story.lost, `seed ${seed}`).toBe(0);
  }
});

test("with an outbox that is too small, what is missing is what it dropped, and nothing waits for it", async () => {
  let some = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const story = new Story(seed, 1_500);
    for (let i = 0; i < 500; i += 1) await story.step();
    await story.finish();
    expect(new Set(story.stored).size, `seed ${seed}`).toBe(story.stored.length);
    for (const name of story.stored) expect(story.appended).toContain(name);
    // Of an epoch whose end was dropped before anything behind it came, the collector cannot know how long it was.
    const missing = story.appended.size - story.stored.length;
    expect(story.lost, `seed ${seed}`).toBeLessThanOrEqual(missing);
    some += story.lost;
    expect(story.stateBytes).toBeLessThan(8_000);
  }
  expect(some).toBeGreaterThan(100);
});
