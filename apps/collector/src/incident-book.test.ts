import type { Incident, IncidentEffect } from "@kedge/alert";
import { KedgeError, type Sha256 } from "@kedge/core";
import type { Documents } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { manualClock } from "@kedge/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collections } from "./collections.js";
import { IncidentBook } from "./incident-book.js";

type Notify = Extract<IncidentEffect, { kind: "Notify" }>;

let store: OpenStore;
let told: string[] = [];
beforeEach(async () => {
  store = await openSqliteStore(":memory:", manualClock(0));
  told = [];
});
afterEach(() => store.close());

const incident = (notices: number): Incident =>
  ({ incidentId: "inc_1", state: "OPEN", modelName: "m", bundleDigest: "a".repeat(64) as Sha256, notices, deviceIds: [], history: [], evidence: [] }) as never;
const notice = (n: number): Notify =>
  ({ kind: "Notify", type: "drift.detected", incidentId: "inc_1", noticeId: `inc_1.drift.detected.${n}`, atMs: 1 }) as Notify;

function makeBook(over: { readonly evaluated?: Documents<Incident>; readonly notify?: () => Promise<void> } = {}): IncidentBook {
  const incidents = store.records.documents(collections.incidents);
  return new IncidentBook({
    incidents,
    evaluated: over.evaluated ?? incidents,
    notices: store.records.documents(collections.notices),
    onIncident: async () => undefined,
    notify: over.notify ?? (async (_, { noticeId }) => void told.push(noticeId)),
  });
}

test("a notice is told once, and nothing is left to tell", async () => {
  const book = makeBook();
  await book.keep(await book.read(), [incident(1)], [notice(1)]);
  await book.tellLeft();
  expect(told).toEqual(["inc_1.drift.detected.1"]);
});

test("a collector ends between storing an incident and telling of it: whoever evaluates next tells it", async () => {
  const dying = makeBook({ notify: () => Promise.reject(new Error("killed")) });
  await expect(dying.keep(await dying.read(), [incident(1)], [notice(1)])).rejects.toThrow("killed");
  const next = makeBook();
  await next.tellLeft();
  await next.tellLeft();
  expect(told).toEqual(["inc_1.drift.detected.1"]);
});

test("a collector ends before the incident is stored: nothing is told of what nobody can look up", async () => {
  const plain = store.records.documents(collections.incidents);
  const dying = makeBook({ evaluated: { ...plain, list: (q) => plain.list(q), insert: () => Promise.reject(new Error("killed")) } });
  await expect(dying.keep(new Map(), [incident(1)], [notice(1)])).rejects.toThrow("killed");
  await makeBook().tellLeft();
  expect(told).toEqual([]);
  expect(await store.records.documents(collections.notices).count()).toBe(0);
});

test("who does not evaluate any more changes nothing and tells nothing", async () => {
  const plain = store.records.documents(collections.incidents);
  const fenced = (): Promise<never> => Promise.reject(new KedgeError("store/fenced", "the lease is gone", {}));
  const former = makeBook({ evaluated: { ...plain, list: (q) => plain.list(q), insert: fenced, save: fenced } });
  await expect(former.keep(await former.read(), [incident(1)], [notice(1)])).rejects.toMatchObject({ code: "store/fenced" });
  expect(await plain.count()).toBe(0);
  expect(told).toEqual([]);
});

test("what somebody changed between reading and storing is left as it is, and not told of", async () => {
  const book = makeBook();
  await book.keep(await book.read(), [incident(1)], []);
  const before = await book.read();
  await store.records.documents(collections.incidents).save("inc_1", { ...incident(1), acknowledgedBy: "ada" }, 1);
  await book.keep(before, [incident(2)], [notice(2)]);
  expect((await store.records.documents(collections.incidents).get("inc_1"))?.body).toMatchObject({ notices: 1, acknowledgedBy: "ada" });
  expect(told).toEqual([]);
});
