import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorStream, type WatchPlan } from "@kedge/profile";
import { decodeKll } from "@kedge/stats";
import { decodeWindow, type WireWindow } from "@kedge/wire";
import { MemoryOutbox } from "@kedge/wire/adapters";
import { describe, expect, test } from "vitest";
import { LinkBudget } from "./link-budget.js";
import { KedgeError, silentLog } from "@kedge/core";
import { frame, type TinySense, tinySense, tinySlot } from "./tiny-slot.fixture.js";

const coarse = { heartbeatMs: 600_000, fineForMs: 60_000 };

async function windowsIn(outbox: MemoryOutbox): Promise<WireWindow[]> {
  return (await outbox.peek(1_000)).flatMap((record) => {
    const decoded = decodeWindow(record.bytes);
    if (decoded.kind === "rejected") throw new Error(decoded.message);
    return [decoded.value];
  });
}

const rowsIn = (windows: readonly WireWindow[]): number => windows.reduce((sum, w) => sum + w.profile.rows, 0);

/** One row, then the end of a window, a minute later. */
async function minute(lab: TinySense, brightness = 10): Promise<void> {
  await lab.sense.predict(frame(brightness));
  lab.nowMs += 60_000;
  lab.sense.closeWindow("interval");
  await lab.writer.settled();
}

async function coarseLab(changes: Parameters<typeof tinySense>[0] = {}): Promise<TinySense> {
  const lab = tinySense({ policy: coarse, ...changes });
  await lab.windows.open();
  await lab.sense.serve(await tinySlot());
  lab.nowMs += coarse.fineForMs;
  return lab;
}

describe("coarse reporting", () => {
  test("windows are fine after the start, then merge into heartbeats; each row arrives once", async () => {
    const lab = tinySense({ policy: coarse });
    await lab.sense.serve(await tinySlot());
    for (let i = 0; i < 12; i += 1) await minute(lab);
    await lab.sense.stop();
    const windows = await windowsIn(lab.outbox);
    expect(windows.map((w) => w.profile.rows)).toEqual([1, 10, 1]);
    expect(lab.sense.counters).toMatchObject({ windows: 3, predictions: 12, lost: 0 });
    await lab.sense.serve(undefined);
  });

  test("what waits goes when it is due though no reading comes any more", async () => {
    const lab = await coarseLab();
    await minute(lab);
    lab.nowMs += 600_000;
    lab.sense.closeWindow("interval");
    await lab.writer.settled();
    expect(rowsIn(await windowsIn(lab.outbox))).toBe(1);
  });

  test("what waits is on the disk, and the next start takes it up", async () => {
    const first = await coarseLab();
    for (let i = 0; i < 3; i += 1) await minute(first);
    expect(await windowsIn(first.outbox)).toEqual([]);
    expect(first.windows.heldRows).toBe(3);
    const second = await coarseLab({ stateDir: first.stateDir });
    await minute(second);
    await second.sense.stop();
    expect(rowsIn(await windowsIn(second.outbox))).toBe(4);
    expect(existsSync(join(first.stateDir, "held-window"))).toBe(false);
  });

  test("a file that cannot be read is given up, and said", async () => {
    const lab = tinySense({ policy: coarse });
    writeFileSync(join(lab.stateDir, "held-window"), "nonsense");
    await lab.windows.open();
    expect(lab.windows.heldRows).toBe(0);
    expect(existsSync(join(lab.stateDir, "held-window"))).toBe(false);
  });
});

describe("a crash while what waited goes into the outbox", () => {
  /** An outbox that shows the disk before and after each append. */
  class Watched extends MemoryOutbox {
    onAppend: (when: "before" | "after") => void = () => {};
    override async append(...given: Parameters<MemoryOutbox["append"]>): ReturnType<MemoryOutbox["append"]> {
      this.onAppend("before");
      const outcome = await super.append(...given);
      this.onAppend("after");
      return outcome;
    }
  }

  test.each(["before", "after"] as const)("%s the append: its rows are found once", async (when) => {
    const outbox = new Watched({ bootEpoch: 3 });
    const lab = await coarseLab({ outbox });
    for (let i = 0; i < 3; i += 1) await minute(lab);
    const path = join(lab.stateDir, "held-window");
    outbox.onAppend = (now) => {
      if (now === when) copyFileSync(path, `${path}.crash`);
    };
    await lab.sense.stop();
    // The start after the crash: the disk as it was, and the outbox with what had got into it.
    writeFileSync(path, readFileSync(`${path}.crash`));
    const survivor = when === "after" ? outbox : new MemoryOutbox({ bootEpoch: 4 });
    const next = await coarseLab({ stateDir: lab.stateDir, outbox: survivor });
    await next.sense.stop();
    expect(rowsIn(await windowsIn(survivor))).toBe(3);
  });
});

describe("a disk that is full", () => {
  /** An outbox that takes nothing while its disk is full. */
  class Full extends MemoryOutbox {
    isFull = false;
    override async append(...given: Parameters<MemoryOutbox["append"]>): ReturnType<MemoryOutbox["append"]> {
      if (this.isFull) throw new KedgeError("wire/outbox-unwritable", "no space left on device");
      return super.append(...given);
    }
  }

  test("what is counted meanwhile waits in one window, and goes once there is room, also when nothing more is counted", async () => {
    const outbox = new Full({ bootEpoch: 3 });
    const lab = tinySense({ outbox });
    await lab.sense.serve(await tinySlot());
    await minute(lab);
    outbox.isFull = true;
    for (let i = 0; i < 5; i += 1) await minute(lab);
    expect([rowsIn(await windowsIn(outbox)), lab.windows.heldRows]).toEqual([1, 5]);
    outbox.isFull = false;
    lab.sense.closeWindow("interval");
    await lab.writer.settled();
    const windows = await windowsIn(outbox);
    expect(windows.map((w) => [w.profile.rows, w.endMs - w.startMs])).toEqual([
      [1, 60_000],
      [5, 300_000],
    ]);
    expect([lab.windows.heldRows, lab.sense.counters.lost]).toEqual([0, 0]);
  });

  test("a record that took the number of a window that could not be written is not taken for that window", async () => {
    const outbox = new Full({ bootEpoch: 3 });
    const lab = await coarseLab({ outbox });
    for (let i = 0; i < 3; i += 1) await minute(lab);
    // The file says that the window is about to become record 1; the disk is full; another record becomes that, and the agent is killed.
    const path = join(lab.stateDir, "held-window");
    const append = MemoryOutbox.prototype.append.bind(outbox);
    outbox.append = async (_kind, encode) => {
      encode({ bootEpoch: 3, seq: 1 });
      copyFileSync(path, `${path}.crash`);
      throw new KedgeError("wire/outbox-unwritable", "no space left on device");
    };
    await lab.sense.stop();
    writeFileSync(path, readFileSync(`${path}.crash`));
    await append("sample", () => new Uint8Array(3));
    const next = await coarseLab({ stateDir: lab.stateDir, outbox: new MemoryOutbox({ bootEpoch: 4 }) });
    expect(next.windows.heldRows).toBe(3);
  });
});

describe("a clock that is set while windows are counted", () => {
  test.each([56 * 365 * 86_400_000, 3_600_000, -3_600_000])(
    "by %d ms: what waits is put into the new time, and no window is longer than it was",
    async (byMs) => {
      const start = 400 * 86_400_000;
      const lab = await coarseLab();
      lab.nowMs += start;
      lab.setBackMs -= start;
      lab.sense.closeWindow("interval");
      for (let i = 0; i < 4; i += 1) {
        if (i === 2) {
          lab.nowMs += byMs;
          lab.setBackMs -= byMs;
        }
        await minute(lab);
      }
      const endMs = lab.nowMs;
      await lab.sense.stop();
      const windows = await windowsIn(lab.outbox);
      expect(rowsIn(windows)).toBe(4);
      expect(Math.max(...windows.map((w) => w.endMs))).toBe(endMs);
      for (const w of windows) expect(w.endMs - w.startMs).toBe(240_000);
    },
  );
});

describe("an alarm", () => {
  const plan: WatchPlan = {
    streams: [
      { name: "score", falseAlarmEvery: 1e6 },
      { name: errorStream, falseAlarmEvery: 1e6 },
    ],
    alarmsPerFleetDay: 1,
    devices: 1,
    rowsPerDay: 1e6,
  };
  /** Not sure, but not always the same. */
  const usual = (i: number): number => 100 + ((i * 37) % 60);

  async function alarmed(): Promise<TinySense> {
    const lab = tinySense({ policy: coarse });
    await lab.sense.serve(await tinySlot("1.0.0", plan));
    lab.nowMs += coarse.fineForMs;
    for (let i = 0; i < 300; i += 1) {
      await lab.sense.predict(frame(usual(i)));
      if (i % 100 === 99) {
        lab.nowMs += 60_000;
        lab.sense.closeWindow("interval");
      }
    }
    for (let i = 0; i < 60; i += 1) await lab.sense.predict(frame(250 - (i % 3)));
    await lab.writer.settled();
    return lab;
  }

  test("sends what came before, then the window at once, with what changed and the values since; then windows are fine", async () => {
    const lab = await alarmed();
    const [before, early] = await windowsIn(lab.outbox);
    expect(before).toMatchObject({ trigger: "interval", profile: { rows: 300 } });
    expect(early?.trigger).toBe("detector");
    expect(early?.profile.rows).toBeLessThan(60);
    const [alarm] = early?.detail?.alarms ?? [];
    expect(alarm).toMatchObject({ stream: "score", change: "level" });
    expect(alarm?.afterMean).toBeGreaterThan((alarm?.beforeMean ?? 1) + 0.05);
    const sketch = decodeKll(early?.detail?.sketches[0]?.kll ?? new Uint8Array(0), "float32");
    expect(sketch).toMatchObject({ kind: "decoded", value: { n: alarm?.afterRows } });
    await minute(lab, 250);
    expect(await windowsIn(lab.outbox)).toHaveLength(3);
    expect(lab.sense.counters.alarms).toBe(1);
    await lab.sense.serve(undefined);
  });

  test("a sensor that flaps ends one window early while windows are fine, and its alarms are counted", async () => {
    const lab = await alarmed();
    for (let turn = 0; turn < 6; turn += 1) for (let i = 0; i < 150; i += 1) await lab.sense.predict(frame(turn % 2 === 0 ? usual(i) : 250 - (i % 3)));
    await lab.sense.stop();
    const early = (await windowsIn(lab.outbox)).filter((w) => w.trigger === "detector");
    expect(early).toHaveLength(1);
    expect(lab.sense.counters.alarms).toBeGreaterThan(3);
    await lab.sense.serve(undefined);
  });

  test("readings that give no prediction are one too", async () => {
    const lab = tinySense({ policy: coarse });
    await lab.sense.serve(await tinySlot("1.0.0", plan));
    for (let i = 0; i < 250; i += 1) await lab.sense.predict(frame(usual(i)));
    const wrong = { id: "w", atMs: 1, inputs: { image: { type: "uint8" as const, dims: [4], values: new Uint8Array(4) } } };
    for (let i = 0; i < 20; i += 1) await lab.sense.predict(wrong);
    await lab.writer.settled();
    expect((await windowsIn(lab.outbox)).at(-1)?.detail?.alarms).toMatchObject([{ stream: errorStream, afterMean: 1 }]);
    await lab.sense.serve(undefined);
  });
});

test("short of bytes windows merge, in the outbox or not, and all rows go once there are bytes again", async () => {
  const time = { nowMs: 0 };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, uptimeMs: () => time.nowMs };
  const lab = tinySense({ policy: { heartbeatMs: null, fineForMs: 1_000 }, clock });
  const budget = await LinkBudget.open({ stateDir: lab.stateDir, clock, log: silentLog }, { bytesPerDay: 20_000 });
  const tight = tinySense({ policy: { heartbeatMs: null, fineForMs: 1_000 }, clock, budget, stateDir: lab.stateDir });
  await tight.sense.serve(await tinySlot());
  for (let i = 0; i < 200; i += 1) {
    await tight.sense.predict(frame(10));
    time.nowMs += 60_000;
    tight.sense.closeWindow("interval");
    await tight.writer.settled();
  }
  const few = await windowsIn(tight.outbox);
  expect(few.length).toBeLessThan(100);
  expect(rowsIn(few) + tight.windows.heldRows).toBe(200);
  expect(tight.budgetReport()).toMatchObject({ bytesPerDay: 20_000, mergedWindows: 200 - few.length });
  await tight.outbox.ackThrough({ bootEpoch: tight.outbox.bootEpoch, seq: 10_000 });
  time.nowMs += 86_400_000;
  await tight.sense.stop();
  expect(rowsIn(few) + rowsIn(await windowsIn(tight.outbox))).toBe(200);
});
