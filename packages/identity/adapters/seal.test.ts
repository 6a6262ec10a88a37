import { createPublicKey } from "node:crypto";
import type { DeviceId } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newDeviceKey } from "./device-key.js";
import { sealBetween, sealBytes } from "./seal.js";

const cam = "cam-1" as DeviceId;
const [device, collector, stranger] = [newDeviceKey(), newDeviceKey(), newDeviceKey()];
const ofDevice = sealBetween(device, createPublicKey(collector), cam, "device");
const ofCollector = sealBetween(collector, createPublicKey(device), cam, "collector");
const payloads = fc.uint8Array({ maxLength: 300 });

describe("a seal", () => {
  test("either end opens what the other has closed", () => {
    fc.assert(
      fc.property(payloads, fc.string(), (payload, topic) => {
        expect(ofCollector.open(topic, ofDevice.close(topic, payload))).toEqual(payload);
        expect(ofDevice.open(topic, ofCollector.close(topic, payload))).toEqual(payload);
        expect(ofDevice.close(topic, payload).length).toBe(payload.length + sealBytes);
      }),
    );
  });

  test("a bit that was changed anywhere is found", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 0, max: 7 }), (payload, at, bit) => {
        const sealed = ofDevice.close("t", payload);
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ (1 << bit);
        expect(ofCollector.open("t", sealed)).toBeUndefined();
      }),
    );
  });

  test("any bytes without one are refused, and nothing is thrown", () => {
    fc.assert(fc.property(payloads, (bytes) => void expect(ofCollector.open("t", bytes)).toBeUndefined()));
  });

  test("holds for its topic alone: what was said of one thing is not said of another", () => {
    const payload = Uint8Array.of(1, 2, 3);
    expect(ofCollector.open("kedge/1/00/cam-1/birth", ofDevice.close("kedge/1/00/cam-1/stats", payload))).toBeUndefined();
    // The border between topic and payload cannot be moved.
    expect(ofCollector.open("ab", ofDevice.close("a", Buffer.from("b")))).toBeUndefined();
  });

  test("is not sent back to who made it", () => {
    expect(ofDevice.open("t", ofDevice.close("t", Uint8Array.of(1)))).toBeUndefined();
  });

  test("is of one device: neither another key nor another id makes it", () => {
    const sealed = sealBetween(stranger, createPublicKey(collector), cam, "device").close("t", Uint8Array.of(1));
    expect(ofCollector.open("t", sealed)).toBeUndefined();
    const other = sealBetween(device, createPublicKey(collector), "cam-2" as DeviceId, "device").close("t", Uint8Array.of(1));
    expect(ofCollector.open("t", other)).toBeUndefined();
  });
});
