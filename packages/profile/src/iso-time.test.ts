import fc from "fast-check";
import { expect, test } from "vitest";
import { isoMs } from "./index.js";

test.each([
  ["1970-01-01", 0],
  ["2026-03-01", Date.UTC(2026, 2, 1)],
  ["2024-02-29T23:59Z", Date.UTC(2024, 1, 29, 23, 59)],
  ["2026-03-01 12:30:05", Date.UTC(2026, 2, 1, 12, 30, 5)],
  ["2026-03-01T12:30:05.25+01:00", Date.UTC(2026, 2, 1, 11, 30, 5, 250)],
  ["2026-03-01T12:30:05-0330", Date.UTC(2026, 2, 1, 16, 0, 5)],
  ["2026-03-01t12:30+02", Date.UTC(2026, 2, 1, 10, 30)],
])("%s is a time", (text, ms) => {
  expect(isoMs(text)).toBe(ms);
});

test.each([
  ...["", "soon", "2026", "2026-3-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "20260101T000000Z", "0001-01-01"],
  ...["2026-01-01T", "2026-01-01T24:00", "2026-01-01T12", "2026-01-01T12:60", "2026-01-01T12:30:61", "2026-01-01T12:30:", "2026-01-01T12:30 Z"],
  ...["2026-01-01T12:30+1", "2026-01-01T12:30+19:00", "2026-01-01T12:30+01:60", "2026-01-01T12:30Zulu", "2026-01-01Z", "2026-01-01T12:30:05,5"],
])("%s is none", (text) => {
  expect(isoMs(text)).toBeNaN();
});

test("every moment that the platform writes is read as it was", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("0100-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }), (date) => {
      expect(isoMs(date.toISOString())).toBe(date.getTime());
    }),
    { seed: 8, numRuns: 500 },
  );
});

test("no text makes it throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789-:T.Z+ "), maxLength: 30 })), (text) => {
      expect(typeof isoMs(text)).toBe("number");
    }),
    { seed: 9, numRuns: 2_000 },
  );
});
