import { type DeviceId, seededRandom } from "@kedge/core";
import { createApiToken, createEnrolmentToken, type EnrolmentRecord } from "@kedge/identity";
import { secretBytes, sha256 } from "@kedge/identity/adapters";
import { change } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collections } from "../collections.js";
import { Access, AccessTokens } from "./access.js";
import { deviceRecord } from "./device.fixture.js";
import { Fleet } from "./fleet.js";

let nowMs = 1_790_000_000_000;
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
const sources = () => ({ nowMs: clock.nowMs(), random: seededRandom(1), secretBytes, sha256 });
let store: OpenStore;
let fleet: Fleet;

async function openAccess(): Promise<{ readonly access: Access; readonly tokens: AccessTokens }> {
  fleet = new Fleet(store.records.documents(collections.devices), clock);
  await fleet.load();
  const tokens = await AccessTokens.open(store.records.documents(collections.accessTokens));
  return {
    access: new Access({ fleet, enrolments: store.records.documents<EnrolmentRecord>(collections.tokens), accessTokens: tokens, clock, sha256 }),
    tokens,
  };
}

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
});
afterEach(() => store.close());

test("a device is a member from its enrolment until it is retired, and then its certificate is revoked", async () => {
  const { access } = await openAccess();
  expect(access.isMember("cam-1")).toBe(false);
  await fleet.add(deviceRecord("cam-1"));
  expect([access.isMember("cam-1"), access.isRevoked("serial-cam-1")]).toEqual([true, false]);
  await fleet.update("cam-1" as DeviceId, (d) => ({ ...d, isRetired: true }));
  expect([access.isMember("cam-1"), access.isRevoked("serial-cam-1")]).toEqual([false, true]);
  const { access: restarted } = await openAccess();
  expect([restarted.isMember("cam-1"), restarted.isRevoked("serial-cam-1")]).toEqual([false, true]);
});

test("an API token holds from when it is made until it is revoked or expires, also over a restart", async () => {
  const { access, tokens } = await openAccess();
  const lasting = createApiToken("admin", "ada", { ...sources(), lifetimeMs: null });
  const brief = createApiToken("viewer", "vera", { ...sources(), random: seededRandom(2), lifetimeMs: 1_000 });
  expect(await access.callerOf(lasting.text)).toBeUndefined();
  for (const { record } of [lasting, brief]) await tokens.documents.insert(record.id, record);
  expect(await access.callerOf(lasting.text)).toEqual({ name: "ada", role: "admin" });
  expect(await access.callerOf(brief.text)).toEqual({ name: "vera", role: "viewer" });
  nowMs += 1_000;
  expect(await access.callerOf(brief.text)).toBeUndefined();
  expect(await (await openAccess()).access.callerOf(lasting.text)).toEqual({ name: "ada", role: "admin" });
  await change(tokens.documents, lasting.record.id, (t) => ({ ...t, revoked: true }));
  expect(await access.callerOf(lasting.text)).toBeUndefined();
  expect(await access.callerOf("kedge_admin_nonsense")).toBeUndefined();
});

test("an enrolment token is looked up anew each time", async () => {
  const { access } = await openAccess();
  const made = createEnrolmentToken({ lifetimeMs: 1_000, createdBy: "ada" }, sha256(Uint8Array.of(1)), sources());
  if (made.kind !== "created") throw new Error(made.message);
  expect((await access.checkEnrolment(made.text)).kind).toBe("denied");
  const documents = store.records.documents<EnrolmentRecord>(collections.tokens);
  await documents.insert(made.record.id, made.record);
  expect((await access.checkEnrolment(made.text)).kind).toBe("valid");
  await change(documents, made.record.id, (t) => ({ ...t, revoked: true }));
  expect((await access.checkEnrolment(made.text)).kind).toBe("denied");
});
