import { seededRandom } from "@kedge/core";
import { afterAll, describe, expect, test } from "vitest";
import { damaged, damages } from "./damage.js";
import type { Answer, Door } from "./door.js";
import { fileDoors } from "./file-doors.js";
import { messageDoors } from "./message-doors.js";
import { cleanUp, textDoors } from "./text-doors.js";

const seed = 20_260_801;
/** Damaged messages at a door of weight 1. */
const casesPerDoor = 1_600;
/** Processor time that one message of at most 64 KiB may take; of the clock, which runs while others compute, nothing can be said. */
const slowestMs = 250;

const doors: readonly Door[] = [...messageDoors, ...fileDoors, ...textDoors];
const casesOf = (door: Door): number => Math.round(casesPerDoor * (door.weight ?? 1));
let tried = 0;

afterAll(cleanUp);

const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const shown = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 400)).toString("hex");

describe.each(doors)("$name", (door) => {
  test("takes what is valid", async () => {
    expect(door.valid.length).toBeGreaterThan(0);
    for (const bytes of door.valid) {
      const answer = await door.read(bytes);
      expect(answer, shown(bytes)).toMatchObject({ kind: "accepted" });
      if (answer.kind === "accepted" && answer.again !== undefined) expect((await door.read(answer.again)).kind).toBe("accepted");
    }
  });

  test(`ends ${casesOf(door)} damaged messages in a value or a refusal by name, soon; what it takes it would write itself`, async () => {
    const random = seededRandom(seed);
    const codes = new Map<string, number>();
    let taken = 0;
    let late = 0;
    for (let i = 0; i < casesOf(door); i += 1) {
      const bytes = damaged(door.valid[i % door.valid.length] ?? new Uint8Array(0), random);
      const before = bytes.slice();
      const started = process.cpuUsage();
      let answer: Answer;
      try {
        answer = await door.read(bytes);
      } catch (error) {
        throw new Error(`case ${i} of ${door.name} threw: ${shown(before)}`, { cause: error });
      }
      const { user, system } = process.cpuUsage(started);
      if (user + system > 1_000 * slowestMs) late += 1;
      if (Buffer.compare(bytes, before) !== 0) throw new Error(`case ${i} of ${door.name}: the bytes were written to: ${shown(before)}`);
      if (answer.kind === "rejected") codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      else {
        taken += 1;
        if (answer.again !== undefined && taken % 3 === 0) {
          const back = await door.read(answer.again);
          // Written once more it is the same to the byte: reading lost and added nothing.
          const isSame = back.kind === "accepted" && (door.isSame ?? isSameBytes)(back.again ?? new Uint8Array(0), answer.again);
          if (!isSame) throw new Error(`case ${i} of ${door.name} is taken and does not come back as itself: ${shown(before)}`);
        }
      }
      tried += 1;
    }
    // The first calls are compiled.
    expect(late).toBeLessThanOrEqual(1);
    expect([...codes.keys()]).toEqual(expect.arrayContaining([...door.codes]));
    expect(taken + [...codes.values()].reduce((a, b) => a + b, 0)).toBe(casesOf(door));
  });
});

test("that was a hundred thousand and more", () => {
  expect(tried).toBeGreaterThanOrEqual(100_000);
});

test("every way of doing harm does some, and all of them are used", () => {
  const random = seededRandom(seed);
  const bytes = messageDoors[0]?.valid[0] ?? new Uint8Array(0);
  for (const [name, harm] of Object.entries(damages)) {
    const all = Array.from({ length: 20 }, () => harm(bytes, random));
    expect(all.filter((b) => Buffer.compare(b, bytes) !== 0).length, name).toBeGreaterThan(5);
  }
});
