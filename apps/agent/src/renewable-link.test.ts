import { MemoryBroker } from "@kedge/wire/adapters";
import { beforeEach, expect, test } from "vitest";
import { RenewableLink } from "./renewable-link.js";
import { until } from "./toy-agent.fixture.js";

let broker: MemoryBroker;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
beforeEach(() => {
  broker = new MemoryBroker();
});

async function other() {
  const link = broker.link({ clientId: "other" });
  await link.connect();
  return link;
}

test("subscriptions and listeners hold over a new connection, and each message comes once", async () => {
  const link = new RenewableLink(broker.link({ clientId: "cam-1" }));
  const heard: string[] = [];
  let connects = 0;
  link.onConnect(() => {
    connects += 1;
  });
  await link.subscribe("a/+", { qos: 1 }, (m) => void heard.push(text(m.payload)));
  await link.connect();
  const sender = await other();
  await sender.publish("a/x", bytes("one"), { qos: 1 });
  await until(() => heard.length === 1);
  await link.replace(broker.link({ clientId: "cam-1" }));
  await until(() => link.stats().state === "connected");
  await sender.publish("a/x", bytes("two"), { qos: 1 });
  await until(() => heard.length === 2);
  expect([heard, connects]).toEqual([["one", "two"], 2]);
  expect(await link.publish("b", bytes("x"), { qos: 1 })).toEqual({ kind: "sent" });
  await link.close();
  expect(await link.publish("b", bytes("x"), { qos: 1 })).toMatchObject({ kind: "retryable", code: "wire/link-closed" });
});

test("the connection that was says goodbye: its will is not published, and the new one's is when it is cut", async () => {
  const wills: string[] = [];
  const watcher = await other();
  await watcher.subscribe("death", { qos: 1 }, (m) => void wills.push(text(m.payload)));
  const withWill = (payload: string) => broker.link({ clientId: "cam-1", will: { topic: "death", payload: bytes(payload), qos: 1 } });
  const link = new RenewableLink(withWill("first"));
  await link.connect();
  await link.replace(withWill("second"));
  await until(() => link.stats().state === "connected");
  expect(wills).toEqual([]);
  broker.cut("cam-1");
  await until(() => wills.length === 1);
  expect(wills).toEqual(["second"]);
  await link.close();
});

test("a link that was not to connect yet does not when it is replaced", async () => {
  const link = new RenewableLink(broker.link({ clientId: "cam-1" }));
  await link.replace(broker.link({ clientId: "cam-1" }));
  expect(link.stats().state).toBe("idle");
  await link.connect();
  expect(link.stats().state).toBe("connected");
  await link.close();
});

test("a listener that comes while connected is called at once; one that was let go is not called again", async () => {
  const link = new RenewableLink(broker.link({ clientId: "cam-1" }));
  await link.connect();
  let calls = 0;
  const letGo = link.onConnect(() => {
    calls += 1;
  });
  expect(calls).toBe(1);
  letGo();
  broker.cut("cam-1");
  await until(() => link.stats().connects === 2);
  expect(calls).toBe(1);
  await link.close();
});
