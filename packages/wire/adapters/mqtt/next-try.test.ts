import { seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { connectFault } from "./connect-fault.js";
import { nextTryMs } from "./next-try.js";

const retry = { firstMs: 1_000, maxMs: 300_000 };
const errorOf = (code: unknown, message = "no"): Error => Object.assign(new Error(message), { code });
const faultOf = (error: Error) => connectFault("mqtts://broker:8883", error, false);
const alert = "write EPROTO 80AC650ECA7F0000:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:rec_layer_s3.c:1601:SSL alert number 80";

test.each<[string, Error]>([
  ["CONNACK 3", errorOf(3)],
  ["the alert internal_error", errorOf("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR")],
  ["the same while the CONNECT is on its way", errorOf("EPROTO", alert)],
])("%s is a broker without room: asked again at least every half minute", (_what, error) => {
  const fault = faultOf(error);
  expect(fault.code).toBe("wire/broker-busy");
  const most = (attempt: number): number => Math.round(nextTryMs(fault, attempt, { retry, random: () => 1 }));
  expect([0, 1, 2, 3, 4, 5, 20].map(most)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test.each<[string, Error]>([
  ["nobody listens", errorOf("ECONNREFUSED")],
  ["a reset", errorOf("ECONNRESET")],
  ["another alert", errorOf("EPROTO", alert.replace("number 80", "number 40"))],
])("%s: later and later, up to the whole schedule", (_what, error) => {
  const fault = faultOf(error);
  expect(fault.code).toBe("wire/unreachable");
  expect(nextTryMs(fault, 20, { retry, random: () => 1 })).toBe(300_000);
});

test("with full jitter, and never later than a shorter schedule", () => {
  const random = seededRandom(1);
  const delays = Array.from({ length: 2_000 }, () => nextTryMs(faultOf(errorOf(3)), 9, { retry, random }));
  expect(Math.min(...delays)).toBeLessThan(300);
  expect(Math.max(...delays)).toBeGreaterThan(29_700);
  expect(nextTryMs(faultOf(errorOf(3)), 9, { retry: { firstMs: 5, maxMs: 20 }, random: () => 1 })).toBe(20);
});
