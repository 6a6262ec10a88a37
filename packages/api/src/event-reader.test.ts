import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventStreamFault, maxEventBytes, readEvents, type ServerSentEvent } from "./event-reader.js";

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    yield bytes.subarray(at, cut);
    at = cut;
  }
}

async function all(text: string | Uint8Array, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(pieces(bytes, cuts))) events.push(event);
  return events;
}

describe("server-sent events", () => {
  test("the examples of the standard", async () => {
    expect(await all(": a comment\n\ndata: YHOO\ndata: +2\ndata: 10\n\n")).toEqual([{ event: "message", data: "YHOO\n+2\n10", id: "" }]);
    expect(await all("data: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n")).toEqual([
      { event: "message", data: "first", id: "1" },
      { event: "message", data: "second", id: "" },
      { event: "message", data: " third", id: "" },
    ]);
    expect(await all("data\n\ndata\ndata\n\ndata:")).toEqual([
      { event: "message", data: "", id: "" },
      { event: "message", data: "\n", id: "" },
    ]);
    expect(await all("data:test\n\ndata: test\n\n")).toHaveLength(2);
  });

  test("a byte order mark, every kind of line end, an id that stays", async () => {
    expect(await all("\uFEFFid: 7\r\nevent: a\rdata: x\n\r\ndata: y\r\r")).toEqual([
      { event: "a", data: "x", id: "7" },
      { event: "message", data: "y", id: "7" },
    ]);
  });

  test("any events come back however the bytes are cut", async () => {
    const word = fc.string({ unit: "binary", maxLength: 20 }).map((s) => s.replace(/[\r\n\0]/g, "_").replace(/[\uD800-\uDFFF]/g, "%"));
    const event = fc.record({
      event: word.map((w) => (w === "" ? "message" : w)),
      data: fc.array(word, { minLength: 1, maxLength: 3 }).map((d) => d.join("\n")),
      id: word,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom("\n", "\r", "\r\n"),
        async (events, cuts, end) => {
          const lines = (e: ServerSentEvent): string => [`id: ${e.id}`, `event: ${e.event}`, ...e.data.split("\n").map((d) => `data: ${d}`), "", ""].join(end);
          expect(await all(events.map(lines).join(`: beat${end}`), cuts)).toEqual(events);
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });

  test("what is not UTF-8 or has no end is refused by name", async () => {
    await expect(all(Uint8Array.of(100, 97, 116, 97, 58, 0xff, 10, 10))).rejects.toThrow(EventStreamFault);
    await expect(all(new Uint8Array(maxEventBytes + 2).fill(97))).rejects.toThrow("longer than");
    await expect(all(`data: ${"x".repeat(1000)}\n`.repeat(maxEventBytes / 1000 + 1))).rejects.toThrow("longer than");
  });

  test("ending the iteration ends the bytes", async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new TextEncoder().encode("data: x\n\n");
      } finally {
        isEnded = true;
      }
    }
    for await (const event of readEvents(endless())) {
      expect(event.data).toBe("x");
      break;
    }
    expect(isEnded).toBe(true);
  });
});
