import fc from "fast-check";
import { expect, test } from "vitest";
import { greetingOf, maxHelloBytes } from "./client-hello.js";

/** The head of a record with a ClientHello of so many bytes. */
const record = (length: number, ...body: number[]): Uint8Array => Uint8Array.of(22, 3, 1, length >> 8, length & 255, ...body);

test("a ClientHello is known when it is whole, at whatever byte it is cut", () => {
  const whole = Buffer.concat([record(300, 1), Buffer.alloc(299)]);
  for (let cut = 0; cut < whole.length; cut += 1) expect(greetingOf(whole.subarray(0, cut)), `${cut}`).toBe("partial");
  expect(greetingOf(whole)).toBe("complete");
});

test.each<[string, Uint8Array]>([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
  ["MQTT without TLS", Uint8Array.of(0x10, 0x0e, 0, 4)],
  ["SSL 2", Uint8Array.of(0x80, 0x2e, 1, 3, 1)],
  ["an alert", Uint8Array.of(21, 3, 1, 0, 2, 2, 40)],
  ["another handshake message", record(300, 2)],
  ["a record beyond what records may have", record(16_385, 1)],
  ["an empty record", record(0)],
  ["a version that is none", Uint8Array.of(22, 4)],
])("%s is foreign", (_what, bytes) => {
  expect(greetingOf(bytes)).toBe("foreign");
});

test("more bytes never make a foreign greeting a good one, nor a whole one less (property)", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.concat([record(200, 1), b])),
      ),
      fc.nat(400),
      (bytes, cut) => {
        const before = greetingOf(bytes.subarray(0, Math.min(cut, bytes.length)));
        if (before !== "partial") expect(greetingOf(bytes)).toBe(before);
      },
    ),
  );
  expect(maxHelloBytes).toBe(16_389);
});
