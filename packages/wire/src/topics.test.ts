import type { DeviceId } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deviceId } from "../contract/value-arbitraries.js";
import {
  alertTopic,
  deviceLeaves,
  enrollTopic,
  filterFor,
  hostTopic,
  isPublishTopic,
  isTopicFilter,
  leavesFromDevice,
  leavesToDevice,
  matchesFilter,
  parseTopic,
  shardCount,
  shardOf,
  topicFor,
} from "./index.js";

const device = (name: string) => name as DeviceId;

describe("topics", () => {
  test("a device's topic is read back as what it was made of", () => {
    fc.assert(
      fc.property(deviceId, fc.constantFrom(...deviceLeaves), (id, leaf) => {
        const topic = topicFor(id, leaf);
        expect(parseTopic(topic)).toEqual({ kind: "device", shard: shardOf(id), deviceId: id, leaf });
        expect(isPublishTopic(topic)).toBe(true);
        // AWS IoT allows seven.
        expect(topic.split("/").length - 1).toBeLessThanOrEqual(7);
        expect(matchesFilter(filterFor(leaf), topic) && matchesFilter(filterFor(leaf, shardOf(id)), topic)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test("a device's shard is for ever", () => {
    expect(["camera-oslo-0001", "a", "device_2", "_"].map((name) => shardOf(device(name)))).toEqual(["34", "33", "38", "11"]);
  });

  test("devices are spread evenly, also when their names differ in one digit", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 64_000; i += 1) {
      const shard = shardOf(device(`camera-${i}`));
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(shardCount);
    // Chi-square with 63 degrees of freedom stays below 120 but once in 100,000 fleets.
    expect([...counts.values()].reduce((sum, n) => sum + (n - 1_000) ** 2 / 1_000, 0)).toBeLessThan(120);
  });

  test("the others are read back too", () => {
    expect(parseTopic(hostTopic("collector-1"))).toEqual({ kind: "host", collectorId: "collector-1" });
    expect(parseTopic(alertTopic("inc_1"))).toEqual({ kind: "alert", incidentId: "inc_1" });
    expect(parseTopic(enrollTopic("n0nce", "request"))).toEqual({ kind: "enroll", nonce: "n0nce", leaf: "request" });
    expect(parseTopic(enrollTopic("n0nce", "response"))).toEqual({ kind: "enroll", nonce: "n0nce", leaf: "response" });
  });

  test("every leaf has one direction", () => {
    expect([...leavesFromDevice, ...leavesToDevice].sort()).toEqual([...deviceLeaves].sort());
  });

  test.each([
    "",
    "kedge/1",
    "kedge/1/",
    "kedge/2/33/a/stats",
    "kedge/1/0e/a/stats",
    "kedge/1/3A/a/stats",
    "kedge/1/33/a",
    "kedge/1/33/a/",
    "kedge/1/33/a/stats/",
    "kedge/1/33/a/stats/x",
    "kedge/1/33/a/art",
    "kedge/1/33/a.b/stats",
    "kedge/1/33//stats",
    "kedge/1/33/+/stats",
    "kedge/1/host/",
    "kedge/1/host/a/b",
    "kedge/1/alerts/a b",
    "kedge/1/enroll/n/answer",
    "kedge/1/enroll//request",
    "/kedge/1/33/a/stats",
    `kedge/1/33/${"a".repeat(65)}/stats`,
    `kedge/1/${"/".repeat(60_000)}`,
  ])("%s is none of ours", (topic) => {
    expect(parseTopic(topic)).toBeUndefined();
  });
});

describe("filters", () => {
  test.each([
    ["#", "a/b", true],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["a/#", "b/a", false],
    ["+", "a", true],
    ["+", "a/b", false],
    ["a/+", "a/", true],
    ["a/+", "a", false],
    ["+/b", "/b", true],
    ["a/+/c", "a/b/c", true],
    ["a/b", "a/B", false],
    ["#", "$SYS/x", false],
    ["+/x", "$SYS/x", false],
    ["$SYS/#", "$SYS/x", true],
  ])("%s on %s: %s", (filter, topic, matches) => {
    expect(matchesFilter(filter, topic)).toBe(matches);
  });

  test("what is no filter and no topic", () => {
    expect(["a", "+", "#", "a/+/b/#", "/"].map(isTopicFilter)).toEqual([true, true, true, true, true]);
    expect(["", "a/#/b", "a+", "#/a", "a/b#", "a\u0000"].map(isTopicFilter)).toEqual([false, false, false, false, false, false]);
    expect(["", "a/+", "#", "a\u0000", "a".repeat(20_000)].map(isPublishTopic)).toEqual([false, false, false, false, false]);
  });
});
