import { manualClock } from "@kedge/testkit";
import { describe, expect, test } from "vitest";
import { EventFeed } from "./event-feed.js";

const resync = { type: "resync" } as const;
const numberOf = (id: string): number => Number(id.split(".")[1]);

async function take(feed: EventFeed, after: string | undefined, count: number): Promise<string[]> {
  const ending = new AbortController();
  const ids: string[] = [];
  for await (const event of feed.after(after, ending.signal)) {
    ids.push(event.id);
    if (ids.length === count) ending.abort();
  }
  return ids;
}

describe("the feed of events", () => {
  test("gives every reader every event, in order", async () => {
    const feed = new EventFeed(manualClock(5_000));
    const readers = [take(feed, undefined, 3), take(feed, undefined, 3)];
    await Promise.resolve();
    for (let i = 0; i < 3; i += 1) feed.publish(resync);
    const [a, b] = await Promise.all(readers);
    expect(a?.map(numberOf)).toEqual([1, 2, 3]);
    expect(b).toEqual(a);
    expect(await take(feed, a?.[0], 2)).toEqual(a?.slice(1));
    expect(feed.missed).toBe(0);
  });

  test("a reader that was away too long is told to fetch anew, and what it missed is counted", async () => {
    const feed = new EventFeed(manualClock(5_000), 4);
    const first = take(feed, undefined, 1);
    await Promise.resolve();
    for (let i = 0; i < 10; i += 1) feed.publish(resync);
    const [id = ""] = await first;
    // The reader slept while ten went by: the ring holds 7 to 10.
    expect(numberOf(id)).toBe(10);
    expect(feed.missed).toBe(6);
    const [again = ""] = await take(feed, id.replace(/\d+$/, "2"), 1);
    expect(numberOf(again)).toBe(10);
    expect(feed.missed).toBe(10);
  });

  test.each(["", "x", "zzz.3", "3vs.999", "3vs.-1", "3vs.1e1"])("an id that this run never gave (%s) starts with a resync", async (id) => {
    const clock = manualClock(5_000);
    const feed = new EventFeed(clock);
    feed.publish({ type: "drift.evaluated", bundleDigest: "a", rows: 1, causes: [] });
    const ending = new AbortController();
    for await (const event of feed.after(id, ending.signal)) {
      expect(event.type).toBe("resync");
      ending.abort();
    }
  });

  test("waiting ends with the signal", async () => {
    const feed = new EventFeed(manualClock());
    const ending = new AbortController();
    const next = feed.after(undefined, ending.signal).next();
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
