import { seededRandom, shuffled } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { ackFor, admit, announce, decodeIngestState, emptyIngestState, encodeIngestState, ingestLimits, type IngestState } from "./index.js";

const key = (bootEpoch: number, seq: number) => ({ bootEpoch, seq });

/** The state after some messages; what was admitted is added to `taken`. */
function after(state: IngestState, keys: readonly { bootEpoch: number; seq: number }[], taken: string[] = []): IngestState {
  return keys.reduce((s, k) => {
    const answer = admit(s, k);
    if (answer.kind !== "admitted") return s;
    taken.push(`${k.bootEpoch}/${k.seq}`);
    return answer.state;
  }, state);
}

const run = (bootEpoch: number, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => key(bootEpoch, from + i));
const held = (bootEpoch: number, oldestSeq: number, nextSeq: number) => ({ bootEpoch, oldestSeq, nextSeq });
const announced = (state: IngestState, birth: Parameters<typeof announce>[1], receivedMs = 0) => {
  const answer = announce(state, birth, receivedMs);
  if (answer.kind !== "announced") throw new RangeError(`the birth is ${answer.kind}`);
  return answer;
};

describe("admitting", () => {
  test("10,000 messages, permuted and repeated, leave the same state and are each admitted once", () => {
    const messages = [...run(7, 1, 4_000), ...run(8, 1, 3_500), ...run(9, 1, 2_500)];
    const inOrder = after(emptyIngestState, messages);
    const random = seededRandom(1);
    for (let round = 0; round < 3; round += 1) {
      // Out of order by at most some hundred places, as nets do, and every third message twice.
      const nearby = messages.map((message, i) => ({ message, at: i + random() * 600 })).sort((a, b) => a.at - b.at);
      const sent = nearby.flatMap(({ message }, i) => (i % 3 === 0 ? [message, message] : [message]));
      const taken: string[] = [];
      expect(after(emptyIngestState, sent, taken)).toEqual(inOrder);
      expect(new Set(taken).size).toBe(10_000);
      expect(taken).toHaveLength(10_000);
    }
    expect([7, 8, 9].map((epoch) => ackFor(inOrder, epoch)?.seq)).toEqual([4_000, 3_500, 2_500]);
  });

  test("births of the same epoch may come anywhere among them", () => {
    const random = seededRandom(2);
    // 40 messages of which the device lost 11 to 15 and 21; of the lost ones, 12 was on its way after all.
    const messages = [...run(3, 1, 10), key(3, 12), ...run(3, 16, 20), ...run(3, 22, 40)];
    const births = [
      { bootEpoch: 3, oldestSeq: 1, nextSeq: 1 },
      { bootEpoch: 3, oldestSeq: 16, nextSeq: 21 },
      { bootEpoch: 3, oldestSeq: 22, nextSeq: 30, backlog: [held(3, 18, 21)] },
    ];
    const states = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      let state = emptyIngestState;
      for (const step of shuffled([...messages, ...messages.slice(5, 20), ...births], random)) {
        if ("seq" in step) state = after(state, [step]);
        else state = announced(state, step).state;
      }
      states.add(encodeIngestState(state));
    }
    expect([...states].map((text) => decodeIngestState(text)?.epochs)).toEqual([
      [{ bootEpoch: 3, admitted: [1, 10, 12, 12, 16, 20, 22, 40], lost: [11, 11, 13, 15, 21, 21], endSeq: null, startMs: null, isStartUntold: true }],
    ]);
  });

  test("only what has no hole before it is acknowledged", () => {
    let state = after(emptyIngestState, [key(1, 1), key(1, 2), key(1, 5)]);
    expect(ackFor(state, 1)).toEqual(key(1, 2));
    state = after(state, [key(1, 4)]);
    expect(ackFor(state, 1)).toEqual(key(1, 2));
    state = after(state, [key(1, 3)]);
    expect(ackFor(state, 1)).toEqual(key(1, 5));
    expect(ackFor(state, 2)).toBeUndefined();
    expect(ackFor(after(emptyIngestState, [key(1, 2)]), 1)).toBeUndefined();
  });

  test("a repeat is known for one, and changes nothing", () => {
    const state = after(emptyIngestState, run(1, 1, 5));
    expect(admit(state, key(1, 3))).toEqual({ kind: "duplicate" });
  });

  test("a state is the same after it was stored and read", () => {
    const state = announced(
      after(emptyIngestState, [...run(1, 1, 5), key(1, 8), key(2, 1)]),
      { bootEpoch: 2, oldestSeq: 1, nextSeq: 2, uptimeMs: 5, backlog: [held(1, 7, 9)] },
      1_000,
    ).state;
    expect(decodeIngestState(encodeIngestState(state))).toEqual(state);
  });

  test.each([
    "",
    "{}",
    "null",
    "[]",
    '{"formatVersion":2}',
    encodeIngestState(emptyIngestState).replace("[]", '[{"bootEpoch":1,"admitted":[2,1],"lost":[],"endSeq":null,"startMs":null}]'),
  ])("%s is no stored state", (text) => {
    expect(decodeIngestState(text)).toBeUndefined();
  });

  test("holes beyond the bound are refused until they are filled, and nothing is lost by that", () => {
    let state = emptyIngestState;
    const odd = Array.from({ length: ingestLimits.rangesAhead + 10 }, (_, i) => key(1, 2 * i + 3));
    state = after(state, odd);
    const tooFar = key(1, 2 * ingestLimits.rangesAhead + 9);
    expect(admit(state, tooFar)).toMatchObject({ kind: "refused", code: "ingest/too-far-ahead", key: null });
    state = after(state, run(1, 1, 50));
    expect(admit(state, tooFar)).toMatchObject({ kind: "admitted" });
  });

  test("epochs beyond the bound are refused until others are closed", () => {
    const epochs = Array.from({ length: ingestLimits.epochs }, (_, i) => key(i + 1, 1));
    let state = after(emptyIngestState, epochs);
    const next = key(ingestLimits.epochs + 1, 1);
    expect(admit(state, next)).toMatchObject({ kind: "refused", code: "ingest/too-many-epochs" });
    state = announced(state, { bootEpoch: ingestLimits.epochs, oldestSeq: 2, nextSeq: 2 }).state;
    expect(admit(state, next)).toMatchObject({ kind: "admitted" });
  });
});

describe("announcing", () => {
  test("what the device no longer holds and never came is lost, known, and no longer waited for", () => {
    const state = after(emptyIngestState, [...run(1, 1, 3), key(1, 9)]);
    const answer = announced(state, { bootEpoch: 1, oldestSeq: 8, nextSeq: 12 });
    expect(answer).toMatchObject({ newlyLost: 4, acks: [key(1, 7)] });
    expect(announced(answer.state, { bootEpoch: 1, oldestSeq: 8, nextSeq: 12 })).toMatchObject({ newlyLost: 0, state: answer.state });
    expect(answer.state.epochs[0]?.lost).toEqual([4, 7]);
  });

  test("a message that had been given up for lost is admitted when it comes", () => {
    const { state } = announced(after(emptyIngestState, run(1, 1, 3)), { bootEpoch: 1, oldestSeq: 8, nextSeq: 9 });
    const answer = admit(state, key(1, 5));
    expect(answer).toMatchObject({ kind: "admitted", isLate: true });
    expect(answer.kind === "admitted" && answer.state.epochs[0]?.lost).toEqual([4, 4, 6, 7]);
  });

  test("an epoch that is over is closed once all of it has come", () => {
    let { state } = announced(after(emptyIngestState, run(1, 1, 3)), { bootEpoch: 2, oldestSeq: 1, nextSeq: 1, backlog: [held(1, 3, 6)] });
    expect(state).toMatchObject({ closedThrough: 0 });
    state = after(state, run(1, 4, 5));
    expect(state).toMatchObject({ closedThrough: 1, closed: [{ bootEpoch: 1, endSeq: 5 }], lostBefore: 0 });
    expect(ackFor(state, 1)).toEqual(key(1, 5));
    expect(admit(state, key(1, 4))).toEqual({ kind: "duplicate" });
    expect(admit(state, key(1, 6))).toMatchObject({ kind: "refused", code: "ingest/stale" });
  });

  test("an epoch of which nothing is held any more is closed, and its holes are counted", () => {
    const { state, newlyLost } = announced(after(emptyIngestState, [key(1, 1), key(1, 4)]), { bootEpoch: 2, oldestSeq: 1, nextSeq: 1 });
    expect(newlyLost).toBe(2);
    expect(state).toMatchObject({ closedThrough: 1, lostBefore: 2 });
  });

  test("an epoch is not closed before an older one", () => {
    const { state } = announced(emptyIngestState, { bootEpoch: 3, oldestSeq: 1, nextSeq: 1, backlog: [held(1, 1, 3), held(2, 1, 1)] });
    expect(state.closedThrough).toBe(0);
    expect(after(state, run(1, 1, 2))).toMatchObject({ closedThrough: 2 });
  });

  test("of a list that is cut nothing is concluded beyond its end", () => {
    const backlog = Array.from({ length: 64 }, (_, i) => held(10 + Math.floor(i / 2), (i % 2) * 10 + 1, (i % 2) * 10 + 3));
    const before = after(emptyIngestState, [key(5, 1), key(60, 1)]);
    const { state } = announced(before, { bootEpoch: 100, oldestSeq: 50, nextSeq: 60, backlog });
    expect(state.closedThrough).toBe(5);
    expect(state.epochs.find((e) => e.bootEpoch === 41)).toMatchObject({ lost: [3, 10], endSeq: null });
    expect(state.epochs.find((e) => e.bootEpoch === 40)).toMatchObject({ lost: [3, 10], endSeq: 12 });
    expect(state.epochs.find((e) => e.bootEpoch === 60)).toMatchObject({ endSeq: null });
    expect(state.epochs.find((e) => e.bootEpoch === 100)).toBeUndefined();
  });

  test("a closed epoch that the device still holds is acknowledged again", () => {
    let { state } = announced(after(emptyIngestState, run(1, 1, 3)), { bootEpoch: 2, oldestSeq: 1, nextSeq: 1 });
    const again = announced(state, { bootEpoch: 3, oldestSeq: 1, nextSeq: 1, backlog: [held(1, 2, 4)] });
    expect(again.acks).toContainEqual(key(1, 3));
    state = again.state;
    expect(state.closedThrough).toBe(2);
  });

  test("a birth that a broker repeats after its epoch is over changes nothing and is no message to look at", () => {
    const birth = { bootEpoch: 1, oldestSeq: 1, nextSeq: 4 };
    const { state } = announced(after(announced(emptyIngestState, birth).state, run(1, 1, 5)), { bootEpoch: 2, oldestSeq: 1, nextSeq: 1 });
    expect(announce(state, birth, 0)).toEqual({ kind: "duplicate" });
    expect(announce(state, { ...birth, nextSeq: 7 }, 0)).toMatchObject({ kind: "refused", code: "ingest/epoch-regressed" });
  });

  test("a device that has lost its memory is named so, and nothing of it is acknowledged", () => {
    const { state } = announced(after(emptyIngestState, run(50, 1, 9)), { bootEpoch: 51, oldestSeq: 1, nextSeq: 1 });
    expect(announce(state, { bootEpoch: 1, oldestSeq: 1, nextSeq: 1 }, 0)).toMatchObject({ kind: "refused", code: "ingest/epoch-regressed" });
    expect(admit(state, key(1, 1))).toMatchObject({ kind: "refused", code: "ingest/stale" });
    expect(ackFor(state, 1)).toBeUndefined();
  });

  test("many gaps are counted when they are no longer listed", () => {
    let state = emptyIngestState;
    for (let i = 1; i <= 100; i += 1) {
      state = after(state, [key(1, 3 * i)]);
      state = announced(state, { bootEpoch: 1, oldestSeq: 3 * i, nextSeq: 3 * i + 1 }).state;
    }
    expect(state.lostBefore).toBe(2 * 36);
    expect(state.epochs[0]?.lost).toHaveLength(2 * ingestLimits.gaps);
    expect(ackFor(state, 1)).toEqual(key(1, 300));
  });

  test("more earlier epochs than there is room for are told of again by the next birth, and none is lost", () => {
    const full = after(
      emptyIngestState,
      Array.from({ length: ingestLimits.epochs }, (_, i) => key(i + 1, 2)),
    );
    const birth = { bootEpoch: 500, oldestSeq: 1, nextSeq: 1, backlog: [held(1, 1, 3), held(300, 1, 3)] };
    let { state } = announced(full, birth);
    // 2 to 256 are not listed, so they are closed as soon as 1 is; 300 was beyond the bound.
    expect(admit(state, key(300, 1))).toMatchObject({ code: "ingest/too-many-epochs" });
    state = after(state, [key(1, 1)]);
    expect(state.closedThrough).toBe(ingestLimits.epochs);
    state = announced(state, birth).state;
    state = after(state, run(300, 1, 2));
    expect(state.closedThrough).toBe(300);
  });
});
