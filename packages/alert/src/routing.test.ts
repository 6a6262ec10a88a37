import type { DeviceId, Labels } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleA, cause, cohort, fleet, labelsOf } from "./cause.fixture.js";
import { eventTypes, isEventType } from "./event-type.js";
import { newIncident } from "./incident-machine.js";
import { defaultIncidentPolicy } from "./incident-policy.js";
import { envelopeOf, incidentNotification, isoTime, type Notification } from "./notification.js";
import { maxBodyBytes, notificationBody, utf8Length } from "./notification-body.js";
import { routeNotification } from "./route.js";
import { type Silence, silenceState } from "./silence.js";
import { matchesAll, matchesAny, type Subscription } from "./subscription.js";

const oslo: readonly DeviceId[] = fleet.filter((d) => d.startsWith("oslo"));
const labels = (ids: readonly DeviceId[]): Labels[] => ids.flatMap((id) => labelsOf(id) ?? []);
const { to: incident } = newIncident(
  { incidentId: "inc_1", modelName: "clothes", bundleDigest: bundleA, cause: cause(cohort("site=oslo")), atMs: 1_000 },
  { ...defaultIncidentPolicy, openAfterLooks: 1 },
);

function notice(changes: Partial<Notification> = {}): Notification {
  const made = incidentNotification(incident, { type: "drift.detected", noticeId: "inc_1.drift.detected.1", atMs: 2_000 }, { deviceLabels: labels(oslo) });
  return { ...made, ...changes };
}

function subscription(changes: Partial<Subscription> = {}): Subscription {
  const plain = { subscriptionId: "sub_1", channel: { kind: "log" }, selector: "", minSeverity: "info", events: [], isEnabled: true } as const;
  return { ...plain, disabledReason: null, createdAtMs: 0, createdBy: "t", note: "", ...changes };
}

function silence(changes: Partial<Silence> = {}): Silence {
  return {
    silenceId: "sil_1",
    selector: "site=oslo",
    incidentId: null,
    fromMs: 0,
    untilMs: 10_000,
    createdBy: "ada",
    comment: "moving the camera",
    ...changes,
  };
}

function route(
  notification: Notification,
  more: { readonly silences?: readonly Silence[]; readonly offline?: readonly DeviceId[]; readonly subscriptions?: readonly Subscription[] } = {},
) {
  const { silences = [], offline = [], subscriptions = [subscription()] } = more;
  return routeNotification(notification, { subscriptions, silences, offline: new Set(offline), nowMs: 5_000 });
}

describe("a subscription", () => {
  test.each<[Partial<Subscription>, Partial<Notification>, boolean]>([
    [{}, {}, true],
    [{ isEnabled: false }, {}, false],
    [{ minSeverity: "warning" }, {}, true],
    [{ minSeverity: "critical" }, {}, false],
    [{ events: ["drift.resolved"] }, {}, false],
    [{ events: ["drift.resolved", "drift.detected"] }, {}, true],
    [{ selector: "site=oslo" }, {}, true],
    [{ selector: "site=lyon" }, {}, false],
    [{ selector: "site=lyon" }, { deviceLabels: labels(fleet) }, true],
    [{ selector: "site=oslo" }, { deviceLabels: [] }, false],
    [{ selector: "" }, { deviceLabels: [] }, true],
    [{ selector: "not a selector!" }, {}, false],
  ])("%j of %j: %s", (changes, of, wanted) => {
    const routed = route(notice(of), { subscriptions: [subscription(changes)] });
    expect(routed.kind === "told" && routed.subscriptions.length === 1).toBe(wanted);
  });
});

describe("a silence", () => {
  test.each<[Partial<Silence>, Partial<Notification>, string]>([
    [{}, {}, "silenced"],
    [{}, { type: "drift.resolved" }, "silenced"],
    [{}, { type: "test" }, "told"],
    [{}, { deviceLabels: labels(fleet) }, "told"],
    [{}, { deviceLabels: [] }, "told"],
    [{ selector: "" }, { deviceLabels: [] }, "silenced"],
    [{ untilMs: 5_000 }, {}, "told"],
    [{ fromMs: 5_001 }, {}, "told"],
    [{ selector: "", incidentId: "inc_1" }, {}, "silenced"],
    [{ selector: "", incidentId: "inc_2" }, {}, "told"],
    [{ selector: "", incidentId: "inc_1" }, { incidentId: null }, "told"],
    [{ selector: "broken!" }, {}, "told"],
  ])("%j of %j: %s", (changes, of, kind) => {
    expect(route(notice(of), { silences: [silence(changes)] }).kind).toBe(kind);
  });

  test("has a state", () => {
    expect([0, 10, 99, 100].map((now) => silenceState(silence({ fromMs: 10, untilMs: 100 }), now))).toEqual(["pending", "active", "active", "expired"]);
  });

  test("never hides what reaches beyond it; a subscription wants what touches it (property)", () => {
    fc.assert(
      fc.property(fc.subarray([...fleet]), (ids) => {
        const all = matchesAll("site=oslo", labels(ids));
        expect(all).toBe(ids.length > 0 && ids.every((d) => d.startsWith("oslo")));
        expect(matchesAny("site=oslo", labels(ids))).toBe(ids.some((d) => d.startsWith("oslo")));
      }),
      { seed: 1 },
    );
  });
});

test("drift of devices that are all offline is not told, unless it is over, or some are there", () => {
  expect(route(notice(), { offline: oslo })).toEqual({ kind: "inhibited", by: "device.offline" });
  expect(route(notice(), { offline: oslo.slice(1) }).kind).toBe("told");
  expect(route(notice({ type: "drift.resolved" }), { offline: oslo }).kind).toBe("told");
  expect(route(notice({ type: "device.offline" }), { offline: oslo }).kind).toBe("told");
  expect(route(notice({ deviceIds: [] }), { offline: oslo }).kind).toBe("told");
});

describe("a body", () => {
  test("says who, what, how sure, since when", () => {
    expect(envelopeOf(notice())).toMatchObject({
      type: "drift.detected",
      timestamp: "1970-01-01T00:00:02.000Z",
      data: {
        incidentId: "inc_1",
        severity: "warning",
        scope: "cohort",
        selector: "site=oslo",
        model: "clothes",
        devices: { count: 2, ids: ["oslo-1", "oslo-2"] },
        evidence: [{ feature: "sharpness", score: 0.4, limit: 0.1, rows: 400 }, { feature: "edge_energy" }],
        openedAt: "1970-01-01T00:00:01.000Z",
        resolvedAt: null,
      },
    });
    expect(isoTime(null)).toBeNull();
  });

  test("counts bytes as encoders do (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      }),
      { seed: 2 },
    );
    expect(utf8Length("\ud800x")).toBe(Buffer.byteLength("\ud800x"));
  });

  test("stays below the cap and stays JSON with its head, whatever is in it (property)", () => {
    const leaf = fc.oneof(fc.string({ unit: "binary", maxLength: 4_000 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null));
    const data = fc.dictionary(fc.string({ maxLength: 300 }), fc.oneof(leaf, fc.array(leaf, { maxLength: 40 })), { maxKeys: 40 });
    fc.assert(
      fc.property(data, fc.string({ unit: "binary", maxLength: 30_000 }), (extra, title) => {
        const body = notificationBody(notice({ data: extra, title }));
        expect(Buffer.byteLength(body)).toBeLessThan(maxBodyBytes);
        expect(JSON.parse(body)).toMatchObject({ type: "drift.detected", data: { severity: extra["severity"] === undefined ? "warning" : expect.anything() } });
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("of a thousand devices names some and counts all", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `${"d".repeat(50)}${i}` as DeviceId);
    const made = incidentNotification({ ...incident, deviceIds: many }, { type: "drift.detected", noticeId: "n", atMs: 0 }, { deviceLabels: [] });
    const body = JSON.parse(notificationBody(made)) as { data: { devices: { count: number; ids: string[] } } };
    expect(body.data.devices.count).toBe(1_000);
    expect(body.data.devices.ids).toHaveLength(50);
  });
});

test("types are words that subscriptions may be stored with", () => {
  expect(eventTypes.every(isEventType)).toBe(true);
  expect(isEventType("drift.maybe")).toBe(false);
});
