import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Link, type LinkMessage, type LinkState, topicRoot, type Will } from "../src/index.js";

/** A broker that the laws can trouble, and clients for it that try again at once. */
export interface LinkStage {
  link(options: { readonly clientId: string; readonly will?: Will; readonly maxInFlight?: number; readonly maxPayloadBytes?: number }): Link;
  /** Cuts a client's connection as a broken cable does. */
  cut(clientId: string): Promise<void> | void;
  stop(): Promise<void> | void;
  start(): Promise<void> | void;
  close(): Promise<void>;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (message: LinkMessage) => Buffer.from(message.payload).toString();

/** Collects messages, and lets a test wait for the next ones. */
class Inbox {
  readonly messages: LinkMessage[] = [];
  #waiting: (() => void)[] = [];

  readonly receive = (message: LinkMessage): void => {
    this.messages.push({ ...message, payload: new Uint8Array(message.payload) });
    for (const wake of this.#waiting.splice(0)) wake();
  };

  async count(wanted: number): Promise<LinkMessage[]> {
    while (this.messages.length < wanted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.messages;
  }
}

/** Resolves when a link connects the next time. */
function nextConnect(link: Link): Promise<void> {
  return new Promise((resolve) => {
    let isNow = true;
    const stop = link.onConnect(() => {
      if (isNow) return;
      stop();
      resolve();
    });
    isNow = false;
  });
}

/** The laws of {@link Link}. */
export function linkContract(name: string, open: () => Promise<LinkStage>): void {
  describe(`link laws: ${name}`, () => {
    let stage: LinkStage;
    const links: Link[] = [];
    const link = (options: Parameters<LinkStage["link"]>[0]): Link => {
      const made = stage.link(options);
      links.push(made);
      return made;
    };
    const ready = async (options: Parameters<LinkStage["link"]>[0]): Promise<Link> => {
      const made = link(options);
      await made.connect();
      return made;
    };

    beforeEach(async () => {
      stage = await open();
    });
    afterEach(async () => {
      await Promise.all(links.splice(0).map((l) => l.close()));
      await stage.close();
    });

    test("what is published reaches who subscribed, byte for byte, by name and by wildcard", async () => {
      const [sender, receiver] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver" })];
      const [named, wild, all, other] = [new Inbox(), new Inbox(), new Inbox(), new Inbox()];
      expect(await receiver.subscribe(`${topicRoot}/00/cam/stats`, { qos: 1 }, named.receive)).toEqual({ kind: "subscribed" });
      await receiver.subscribe(`${topicRoot}/+/+/stats`, { qos: 1 }, wild.receive);
      await receiver.subscribe(`${topicRoot}/#`, { qos: 0 }, all.receive);
      await receiver.subscribe(`${topicRoot}/+/stats`, { qos: 1 }, other.receive);
      const payload = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(await sender.publish(`${topicRoot}/00/cam/stats`, payload, { qos: 1 })).toEqual({ kind: "sent" });
      expect(await sender.publish(`${topicRoot}/00/cam/evt`, payload, { qos: 0 })).toEqual({ kind: "sent" });
      const [first] = await named.count(1);
      expect(first).toEqual({ topic: `${topicRoot}/00/cam/stats`, payload, retained: false });
      expect((await wild.count(1)).map((m) => m.topic)).toContain(`${topicRoot}/00/cam/stats`);
      expect(new Set((await all.count(2)).map((m) => m.topic))).toEqual(new Set([`${topicRoot}/00/cam/stats`, `${topicRoot}/00/cam/evt`]));
      expect(other.messages).toEqual([]);
      expect(sender.stats()).toMatchObject({ state: "connected", connects: 1, published: 2, inFlight: 0 });
    });

    test("messages on a topic arrive in the order in which they were published", async () => {
      const [sender, receiver] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver" })];
      const inbox = new Inbox();
      await receiver.subscribe("order/+", { qos: 1 }, inbox.receive);
      const sent = Array.from({ length: 200 }, (_, i) => String(i));
      const outcomes = await Promise.all(sent.map((n) => sender.publish("order/x", bytes(n), { qos: 1 })));
      expect(new Set(outcomes.map((o) => o.kind))).toEqual(new Set(["sent"]));
      expect((await inbox.count(200)).map(text)).toEqual(sent);
    });

    test("the payload may be written over as soon as the publish has resolved", async () => {
      const [sender, receiver] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver" })];
      const inbox = new Inbox();
      await receiver.subscribe("reuse", { qos: 1 }, inbox.receive);
      const payload = bytes("first");
      await sender.publish("reuse", payload, { qos: 1 });
      payload.fill(0);
      expect(text((await inbox.count(1))[0] as LinkMessage)).toBe("first");
    });

    test("without a connection a publish is retryable, and nothing is sent later", async () => {
      const sender = link({ clientId: "sender" });
      expect(await sender.publish("early", bytes("x"), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/not-connected" });
      await sender.connect();
      const inbox = new Inbox();
      await sender.subscribe("#", { qos: 1 }, inbox.receive);
      await sender.publish("late", bytes("y"), { qos: 1 });
      expect((await inbox.count(1)).map(text)).toEqual(["y"]);
    });

    test("what no broker takes fails for good", async () => {
      const sender = await ready({ clientId: "sender", maxPayloadBytes: 10 });
      for (const topic of ["", "a/+/b", "a/#", "a\u0000b"]) {
        expect(await sender.publish(topic, bytes("x"), { qos: 1 })).toMatchObject({ kind: "failed", code: "wire/invalid-topic" });
      }
      expect(await sender.publish("a", new Uint8Array(11), { qos: 1 })).toMatchObject({ kind: "failed", code: "wire/oversize" });
      expect(await sender.publish("a", new Uint8Array(10), { qos: 1 })).toEqual({ kind: "sent" });
      for (const filter of ["", "a/#/b", "a+/b", "#a"]) {
        expect(await sender.subscribe(filter, { qos: 1 }, () => {})).toMatchObject({ kind: "refused" });
      }
    });

    test("publishes under way are bounded, and the bound is counted", async () => {
      const sender = await ready({ clientId: "sender", maxInFlight: 4 });
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => sender.publish("burst", bytes("x"), { qos: 1 })));
      expect(outcomes.map((o) => o.kind).sort()).toEqual([...Array(6).fill("retryable"), ...Array(4).fill("sent")]);
      expect(outcomes.filter((o) => o.kind === "retryable")).toHaveLength(6);
      expect(sender.stats()).toMatchObject({ inFlight: 0, inFlightRefused: 6, published: 4 });
      expect(await sender.publish("burst", bytes("x"), { qos: 1 })).toEqual({ kind: "sent" });
    });

    test("retained messages reach later subscribers, are replaced, and are removed by an empty one", async () => {
      const sender = await ready({ clientId: "sender" });
      await sender.publish("kept/a", bytes("old"), { qos: 1, retain: true });
      await sender.publish("kept/a", bytes("new"), { qos: 1, retain: true });
      await sender.publish("kept/b", bytes("b"), { qos: 1, retain: true });
      await sender.publish("kept/b", new Uint8Array(0), { qos: 1, retain: true });
      const [receiver, inbox] = [await ready({ clientId: "receiver" }), new Inbox()];
      await receiver.subscribe("kept/+", { qos: 1 }, inbox.receive);
      await inbox.count(1);
      await sender.publish("kept/c", bytes("live"), { qos: 1, retain: true });
      expect((await inbox.count(2)).map((m) => [m.topic, text(m), m.retained])).toEqual([
        ["kept/a", "new", true],
        ["kept/c", "live", false],
      ]);
    });

    test("a subscription made before connecting holds from the first connection on", async () => {
      const [sender, receiver, inbox] = [await ready({ clientId: "sender" }), link({ clientId: "receiver" }), new Inbox()];
      expect(await receiver.subscribe("soon", { qos: 1 }, inbox.receive)).toEqual({ kind: "pending" });
      await receiver.connect();
      await sender.publish("soon", bytes("x"), { qos: 1 });
      expect((await inbox.count(1)).map(text)).toEqual(["x"]);
    });

    test("after a cut the link comes back, subscribed as before, and says so", async () => {
      const [sender, receiver, inbox] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver" }), new Inbox()];
      await receiver.subscribe("back/+", { qos: 1 }, inbox.receive);
      const faults: string[] = [];
      receiver.onFault((fault) => faults.push(fault.code));
      const states: LinkState[] = [];
      const back = nextConnect(receiver);
      receiver.onConnect(() => states.push(receiver.stats().state));
      await stage.cut("receiver");
      await back;
      await sender.publish("back/x", bytes("again"), { qos: 1 });
      expect((await inbox.count(1)).map(text)).toEqual(["again"]);
      expect(states).toEqual(["connected", "connected"]);
      expect(faults).toContain("wire/connection-lost");
      expect(receiver.stats()).toMatchObject({ connects: 2, losses: 1 });
    });

    test("the will is published for a client that was cut, and not for one that said goodbye", async () => {
      const [watcher, inbox] = [await ready({ clientId: "watcher" }), new Inbox()];
      await watcher.subscribe("wills/+", { qos: 1 }, inbox.receive);
      const polite = await ready({ clientId: "polite", will: { topic: "wills/polite", payload: bytes("gone"), qos: 1 } });
      const cut = await ready({ clientId: "cut", will: { topic: "wills/cut", payload: bytes("gone"), qos: 1 } });
      await polite.close();
      const back = nextConnect(cut);
      await stage.cut("cut");
      await back;
      expect((await inbox.count(1)).map((m) => m.topic)).toEqual(["wills/cut"]);
      await cut.publish("wills/end", bytes("x"), { qos: 1 });
      expect((await inbox.count(2)).map((m) => m.topic)).toEqual(["wills/cut", "wills/end"]);
    });

    test("while the broker is away the link keeps trying, and tells of each try", async () => {
      await stage.stop();
      const sender = link({ clientId: "sender" });
      const faults: string[] = [];
      const told = new Promise<void>((resolve) => {
        sender.onFault((fault) => {
          faults.push(fault.code);
          expect(fault.retryable).toBe(true);
          resolve();
        });
      });
      const connected = sender.connect();
      await told;
      expect(await sender.publish("x", bytes("x"), { qos: 1 })).toMatchObject({ kind: "retryable" });
      await stage.start();
      await connected;
      expect(await sender.publish("x", bytes("x"), { qos: 1 })).toEqual({ kind: "sent" });
      expect(new Set(faults)).toEqual(new Set(["wire/unreachable"]));
      expect(sender.stats().failures).toBe(faults.length);
    });

    test("a receiver that fails stops no other, and is reported", async () => {
      const [sender, receiver, inbox] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver" }), new Inbox()];
      const faults: string[] = [];
      receiver.onFault((fault) => faults.push(fault.code));
      await receiver.subscribe("both", { qos: 1 }, () => {
        throw new RangeError("a receiver's own fault");
      });
      await receiver.subscribe("both", { qos: 1 }, inbox.receive);
      await sender.publish("both", bytes("1"), { qos: 1 });
      await sender.publish("both", bytes("2"), { qos: 1 });
      expect((await inbox.count(2)).map(text)).toEqual(["1", "2"]);
      expect(faults).toEqual(["wire/receiver-failed", "wire/receiver-failed"]);
    });

    test("a message larger than the link reads is counted, not handed on", async () => {
      const [sender, receiver, inbox] = [await ready({ clientId: "sender" }), await ready({ clientId: "receiver", maxPayloadBytes: 10 }), new Inbox()];
      await receiver.subscribe("sized", { qos: 1 }, inbox.receive);
      await sender.publish("sized", new Uint8Array(11), { qos: 1 });
      await sender.publish("sized", bytes("fits"), { qos: 1 });
      expect((await inbox.count(1)).map(text)).toEqual(["fits"]);
      expect(receiver.stats()).toMatchObject({ received: 2, unwanted: 1 });
    });

    test("close settles what is under way, may be repeated, and is final", async () => {
      const sender = await ready({ clientId: "sender" });
      const underWay = Promise.all(Array.from({ length: 20 }, () => sender.publish("x", bytes("x"), { qos: 1 })));
      await Promise.all([sender.close(), sender.close()]);
      for (const outcome of await underWay) expect(outcome.kind === "sent" || (outcome.kind === "retryable" && outcome.code === "wire/link-closed")).toBe(true);
      expect(await sender.publish("x", bytes("x"), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/link-closed" });
      await expect(sender.connect()).rejects.toMatchObject({ code: "wire/link-closed" });
      expect(sender.stats()).toMatchObject({ state: "closed", inFlight: 0 });
    });

    test("closed before it ever connected, it ends those who wait", async () => {
      await stage.stop();
      const sender = link({ clientId: "sender" });
      const waiting = sender.connect();
      await sender.close();
      await expect(waiting).rejects.toMatchObject({ code: "wire/link-closed" });
    });

    test("what is under way when the broker goes is retryable", async () => {
      const sender = await ready({ clientId: "sender" });
      const lost = new Promise<void>((resolve) => {
        sender.onFault(() => resolve());
      });
      const outcomes = Promise.all(Array.from({ length: 50 }, () => sender.publish("x", bytes("x"), { qos: 1 })));
      await stage.stop();
      for (const outcome of await outcomes) expect(["sent", "retryable"]).toContain(outcome.kind);
      await lost;
      expect(await sender.publish("x", bytes("x"), { qos: 1 })).toMatchObject({ kind: "retryable" });
      const back = nextConnect(sender);
      await stage.start();
      await back;
      expect(await sender.publish("x", bytes("x"), { qos: 1 })).toEqual({ kind: "sent" });
    });
  });
}
