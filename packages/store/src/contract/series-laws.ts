import { type DeviceId, invariant, seededRandom, type Sha256, shuffled } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { WindowMerger } from "../merge-windows.js";
import { dayMs, hourMs, pieceOf } from "../roll-up.js";
import { seriesOf } from "../series.js";
import { type Batch, type FleetProfile, sampleId, type TimeSeriesStore } from "../time-series-store.js";
import { deadLettersLaw } from "./dead-letter-law.js";
import { retentionLaw } from "./retention-law.js";
import { codeOf, isClose, isSame, type StoreFixture, type StoreLaw } from "./law.js";
import { bundles, makeSample, makeStream, makeWindow, otherSpec, specHash, streamSpec } from "./stream.js";

const batch = (windows: readonly Window[], more: Partial<Batch> = {}): Batch => ({ windows, samples: [], marks: [], ...more });
const device = (id: string): DeviceId => id as DeviceId;
const keysOf = (windows: readonly Window[]): string => windows.map((w) => `${w.key.deviceId}.${w.key.bootEpoch}.${w.key.seq}`).join();

async function onceEach({ series }: StoreFixture): Promise<void> {
  const [one, two, three] = [1, 2, 3].map((seq) => makeWindow({ seq })) as [Window, Window, Window];
  const mark = { deviceId: device("cam-1"), state: { through: 2 } };
  invariant(isSame(await series.commit(batch([one, two], { marks: [mark] })), { inserted: 2, repeated: 0 }), "new windows are inserted");
  const again = await series.commit(batch([two, three, three], { marks: [{ ...mark, state: "through 3" }] }));
  invariant(isSame(again, { inserted: 1, repeated: 2 }), "what is there already is left as it was, also within a batch");
  const impostor = { ...makeWindow({ seq: 1, endMs: 9_000, random: () => 0.1 }) };
  await series.commit(batch([impostor]));
  invariant(isSame(await series.windows({}), [one, two, three]), "windows come back as they were, the first to come wins");
  invariant(isSame(await series.ingestMarks(), [{ ...mark, state: "through 3" }]), "a mark is the last that was committed");
  const counts = await series.counts();
  invariant(counts.stored === 3 && counts.distinct === 3 && counts.rows === one.profile.rows + two.profile.rows + three.profile.rows, "counts count each once");
}

async function nothingOfHalf({ series }: StoreFixture): Promise<void> {
  const broken = { ...makeWindow({ seq: 2 }), bundleDigest: "no digest" as Sha256 };
  const good = makeWindow({ seq: 3 });
  const [bad, fine] = await Promise.all([
    codeOf(() => series.commit(batch([makeWindow({ seq: 1 }), broken], { marks: [{ deviceId: device("cam-1"), state: 1 }] }))),
    codeOf(() => series.commit(batch([good]))),
  ]);
  invariant(bad !== "nothing failed", "a batch that cannot be stored fails");
  invariant(fine === "nothing failed" && keysOf(await series.windows({})) === "cam-1.1.3", "alone, and wholly");
  invariant((await series.ingestMarks()).length === 0, "its marks go with it");
  invariant(
    (await codeOf(() => series.commit(batch([], { marks: [{ deviceId: device("x"), state: Number.NaN }] })))) === "InvariantError",
    "a mark that cannot come back is refused",
  );
}

async function overlapping({ series }: StoreFixture): Promise<void> {
  const stream = makeStream(seededRandom(1), 5, 40);
  const commits = await Promise.all([...stream, ...stream].map((window) => series.commit(batch([window]))));
  invariant(commits.reduce((sum, c) => sum + c.inserted, 0) === stream.length, "commits at once count each window once");
  invariant((await series.counts()).stored === stream.length, "and lose none");
  invariant(isSame(await series.commit(batch([])), { inserted: 0, repeated: 0 }), "an empty batch is one");
}

async function anyOrder(fixture: StoreFixture): Promise<void> {
  const { series } = fixture;
  const orderly = makeStream(seededRandom(2), 4, 60);
  const stream = shuffled([...orderly, ...orderly.slice(0, 100)], seededRandom(3));
  for (let i = 0; i < stream.length; i += 17) await series.commit(batch(stream.slice(i, i + 17)));
  const byDevice = await series.profilesByDevice({}, specHash);
  const fleet = await series.fleetProfile({}, specHash);
  const { profilesByDevice, fleetProfile } = await otherOrder(fixture, orderly);
  invariant(isSame(byDevice.devices, profilesByDevice.devices), "a device's windows merge to the same bits in whatever order they came");
  invariant(isSame(fleet, fleetProfile), "and so do the fleet's");
  invariant(byDevice.devices.map((d) => d.deviceId).join() === "cam-0,cam-1,cam-2,cam-3", "devices are in the order of their ids");
  const own = await series.counts(["cam-1", "nobody"]);
  invariant(own.stored === 60 && own.distinct === 60 && own.rows === byDevice.devices[1]?.profile.rows, "a device's windows are counted by themselves");
  invariant(fleet.devices === 4 && fleet.merged?.windows === 240, "nothing is counted twice");
}

/** The same windows under other names, so that one store holds both orders. */
async function otherOrder({ series }: StoreFixture, orderly: readonly Window[]) {
  const renamed = (id: string): string => `z${id}`;
  await series.commit(batch(orderly.map((w) => ({ ...w, key: { ...w.key, deviceId: device(renamed(w.key.deviceId)) } }))));
  const deviceIds = [0, 1, 2, 3].map((d) => renamed(`cam-${d}`));
  const found = await series.profilesByDevice({ deviceIds }, specHash);
  return {
    profilesByDevice: { ...found, devices: found.devices.map((d) => ({ ...d, deviceId: device(d.deviceId.slice(1)) })) },
    fleetProfile: await series.fleetProfile({ deviceIds }, specHash),
  };
}

async function queries({ series }: StoreFixture): Promise<void> {
  const stream = makeStream(seededRandom(4), 3, 50);
  await series.commit(batch(shuffled(stream, seededRandom(5))));
  const wanted = (from: number, to: number, ids: readonly string[], bundle?: string): Window[] =>
    stream
      .filter((w) => w.endMs >= from && w.endMs < to && ids.includes(w.key.deviceId) && (bundle === undefined || w.bundleDigest === bundle))
      .sort((a, b) => a.startMs - b.startMs || (a.key.deviceId < b.key.deviceId ? -1 : 1));
  const everyone = ["cam-0", "cam-1", "cam-2"];
  for (const [from, to] of [
    [0, 1e9],
    [1_500, 3_000],
    [2_000, 2_001],
    [stream[20]?.endMs ?? 0, stream[25]?.endMs ?? 0],
    [1e9, 2e9],
  ] as const) {
    for (const deviceIds of [everyone, ["cam-1"], ["nobody", "cam-2", "cam-2"], []]) {
      for (const bundleDigest of [undefined, bundles[1]]) {
        const query = { fromMs: from, toMs: to, deviceIds, ...(bundleDigest === undefined ? {} : { bundleDigest }) };
        const found = await series.windows(query);
        const expected = wanted(from, to, deviceIds, bundleDigest);
        invariant(keysOf(found) === keysOf(expected), `windows of ${JSON.stringify(query)} are those that end in it, by start`);
        invariant(keysOf(await series.windows({ ...query, limit: 4 })) === keysOf(expected.slice(0, 4)), "a limit gives the first of them");
        const merged = await series.fleetProfile(query, specHash);
        invariant((merged.merged?.windows ?? 0) === expected.length, "merges see the same windows");
      }
    }
  }
  invariant((await series.windows({ bundleDigest: "9".repeat(64) as Sha256 })).length === 0, "a bundle that nobody ran has none");
}

async function specs({ series }: StoreFixture): Promise<void> {
  await series.commit(
    batch([makeWindow({ seq: 1 }), makeWindow({ seq: 2, spec: otherSpec }), makeWindow({ seq: 3 }), makeWindow({ seq: 1, device: "cam-2", spec: otherSpec })]),
  );
  const found = await series.profilesByDevice({}, specHash);
  invariant(found.devices.length === 1 && found.devices[0]?.windows === 2 && found.others === 2, "windows of another spec are left out, and counted");
  invariant(found.devices[0]?.startMs === 0 && found.devices[0].endMs === 3_000, "a merge says what time it covers");
  const none = await series.fleetProfile({}, "7".repeat(64));
  invariant(none.merged === undefined && none.devices === 0 && none.others === 4, "nothing merged is nothing");
}

async function seriesOverTime({ series }: StoreFixture): Promise<void> {
  await series.commit(
    batch([makeWindow({ seq: 1 }), makeWindow({ seq: 2 }), makeWindow({ seq: 4 }), makeWindow({ seq: 1, device: "cam-2", spec: otherSpec })]),
  );
  const ask = (feature: string, statistic: "mean" | "rows" | `share:${string}`) =>
    series.series({}, { spec: streamSpec, hash: specHash, feature, statistic, bucketMs: 2_000 });
  const { profile } = makeWindow({ seq: 1 });
  const rowsAt = (atMs: number): number => (atMs === 0 ? 2 : 1) * profile.rows;
  const word = profile.features[1];
  const share = (word?.kind === "categorical" ? (word.counts[1] ?? 0) : 0) / profile.rows;
  invariant(
    isSame(
      await ask("n", "mean"),
      [0, 2_000, 4_000].map((atMs) => ({ atMs, value: 0.5 / 3, rows: rowsAt(atMs) })),
    ),
    "means are by bucket",
  );
  invariant(
    isSame(
      await ask("c", "share:shirt"),
      [0, 2_000, 4_000].map((atMs) => ({ atMs, value: share, rows: rowsAt(atMs) })),
    ),
    "shares too",
  );
  invariant(
    isSame(
      await ask("n", "rows"),
      [0, 2_000, 4_000].map((atMs) => ({ atMs, value: rowsAt(atMs), rows: rowsAt(atMs) })),
    ),
    "rows are sums over all specs",
  );
}

async function samples({ series }: StoreFixture): Promise<void> {
  const some = [3, 1, 2].map((seq) => makeSample(seq));
  const other = makeSample(1, { device: "cam-2", atMs: 1_000 });
  invariant(isSame(await series.commit(batch([], { samples: [...some, other] })), { inserted: 4, repeated: 0 }), "samples are inserted");
  invariant(isSame(await series.commit(batch([], { samples: some })), { inserted: 0, repeated: 3 }), "once");
  const ids = async (query: Parameters<TimeSeriesStore["samples"]>[0]): Promise<string> => (await series.samples(query)).map((s) => s.id).join();
  invariant((await ids({})) === "cam-1.1.1,cam-2.1.1,cam-1.1.2,cam-1.1.3", "they are listed by time, then id");
  invariant((await ids({ after: "cam-2.1.1", limit: 1 })) === "cam-1.1.2", "in pages");
  invariant((await ids({ deviceIds: ["cam-2"] })) === "cam-2.1.1" && (await ids({ deviceIds: [] })) === "", "by device");
  invariant((await ids({ fromMs: 2_000, toMs: 3_000 })) === "cam-1.1.2", "from a time, before another");
  const first = makeSample(1);
  invariant(
    (await series.label(
      [
        { id: sampleId(first), label: "shirt" },
        { id: "nobody.1.1", label: "x" },
      ],
      77,
    )) === 1,
    "labels go to samples that are there",
  );
  invariant(
    isSame(await series.sample(sampleId(first)), { id: sampleId(first), sample: first, label: "shirt", labelledMs: 77 }),
    "a sample comes back with its label",
  );
  invariant((await ids({ isLabelled: true })) === "cam-1.1.1" && (await series.samples({ isLabelled: false })).length === 3, "lists are by label");
  invariant((await series.sample("nobody.1.1")) === undefined, "a sample that is not there is not found");
  const counts = await series.counts();
  invariant(counts.samples === 4 && counts.labelled === 1, "counts count samples");
  const own = await series.counts(["cam-2"]);
  invariant(own.samples === 1 && own.labelled === 0 && (await series.counts([])).samples === 0, "also of some devices");
}

async function trimming({ series }: StoreFixture): Promise<void> {
  const some = Array.from({ length: 10 }, (_, i) => makeSample(i + 1, { bytes: 1_000 }));
  await series.commit(batch([], { samples: some }));
  await series.label([{ id: "cam-1.1.1", label: "boot" }], 1);
  invariant((await series.trimSamples(1e9)) === 0, "what fits stays");
  const gone = await series.trimSamples(4_900);
  const left = (await series.samples({})).map((s) => s.id).join();
  invariant(gone === 6 && left === "cam-1.1.1,cam-1.1.8,cam-1.1.9,cam-1.1.10", `the oldest go first, the labelled last; left: ${left}`);
  invariant((await series.trimSamples(0)) === 4, "nothing is nothing");
}

async function deleting({ series }: StoreFixture): Promise<void> {
  const stream = makeStream(seededRandom(6), 3, 120, 300_000);
  await series.commit(batch(stream, { samples: [makeSample(1), makeSample(2), makeSample(5)] }));
  await series.label([{ id: "cam-1.1.2", label: "boot" }], 1);
  const merged = (): Promise<FleetProfile> => series.fleetProfile({ toMs: 5 * hourMs }, specHash);
  const byDevice = async () => isSame(await series.profilesByDevice({}, specHash), before);
  const before = await series.profilesByDevice({}, specHash);
  const fleet = await merged();
  const cutMs = 3 * hourMs + 1_000;
  const old = stream.filter((w) => w.endMs < 3 * hourMs).length;
  invariant(
    old > 0 && (await series.deleteBefore({ windowsMs: cutMs, samplesMs: 3_000 })) === old + 1,
    "windows go by whole hours, and samples without a label",
  );
  invariant((await series.counts()).stored === stream.length - old, "the rest stays");
  invariant((await series.samples({})).map((s) => s.id).join() === "cam-1.1.2,cam-1.1.5", "labelled samples stay");
  invariant(await byDevice(), "what was in the windows is still in the merged answers");
  invariant(isClose(fleet, await merged()), "of the fleet too");
  invariant((await series.deleteBefore({ windowsMs: cutMs, samplesMs: 3_000 })) === 0, "once is enough");
  const late = makeWindow({ device: "cam-0", bootEpoch: 9, seq: 1, endMs: hourMs + 5 });
  await series.commit(batch([late]));
  for (const step of [false, true, true]) {
    if (step) await series.rollUp(9 * hourMs);
    const { merged: now } = await merged();
    invariant(now?.profile.rows === (fleet.merged?.profile.rows ?? 0) + late.profile.rows, "what comes for an hour whose windows are gone is added, once");
  }
}

async function rollingUp({ series }: StoreFixture): Promise<void> {
  const [first, second] = [makeStream(seededRandom(8), 3, 400, 600_000), makeStream(seededRandom(9), 4, 400, 600_000)];
  await series.commit(batch(first));
  const late = second.map((w) => ({ ...w, key: { ...w.key, bootEpoch: w.key.bootEpoch + 2 } }));
  await series.rollUp(2 * dayMs);
  await series.commit(batch(shuffled(late, seededRandom(10)).slice(0, 300)));
  await series.rollUp(2 * dayMs + 5 * hourMs);
  await series.commit(batch(late));
  const all = [...first, ...late];
  for (let round = 0; round < 2; round += 1) {
    for (const [fromMs, toMs] of [
      [0, 4 * dayMs],
      [dayMs, 2 * dayMs],
      [3 * hourMs, dayMs + 7 * hourMs],
      [5 * hourMs + 1, dayMs - 1],
      [hourMs + 600_000, hourMs + 1_200_000],
    ] as const) {
      for (const deviceIds of [undefined, ["cam-1", "cam-3"]])
        await sameAsWindows(series, all, { fromMs, toMs, ...(deviceIds === undefined ? {} : { deviceIds }) });
    }
    await series.rollUp(9 * dayMs);
  }
  invariant((await series.counts()).stored === all.length, "windows stay when they are rolled up");
}

/** Merged answers must be what merging the windows in hand gives: counts exactly, and a device's to the bit before and after. */
async function sameAsWindows(
  series: TimeSeriesStore,
  all: readonly Window[],
  query: { fromMs: number; toMs: number; deviceIds?: readonly string[] },
): Promise<void> {
  const own = all.filter((w) => w.endMs >= query.fromMs && w.endMs < query.toMs && (query.deviceIds?.includes(w.key.deviceId) ?? true));
  const expected = new WindowMerger(specHash);
  for (const window of own) expected.add(pieceOf(window));
  const fleet = await series.fleetProfile(query, specHash);
  const about = JSON.stringify(query);
  invariant(isClose(fleet.merged, expected.merged), `the fleet's profile of ${about} is that of its windows`);
  invariant(fleet.devices === new Set(own.map((w) => w.key.deviceId)).size, `devices of ${about}`);
  const { devices } = await series.profilesByDevice(query, specHash);
  invariant(devices.reduce((sum, d) => sum + d.windows, 0) === own.length, `devices hold the windows of ${about}`);
  for (const bucketMs of [hourMs, dayMs]) {
    const points = await series.series(query, { spec: streamSpec, hash: specHash, feature: "n", statistic: "quantile:0.95", bucketMs });
    const inHand = seriesOf(own, { spec: streamSpec, hash: specHash }, "n", "quantile:0.95", bucketMs);
    invariant(isSame(points, inHand), `quantiles of ${about} by ${bucketMs} ms are those of its windows`);
  }
}

async function durable({ series, reopen }: StoreFixture): Promise<void> {
  if (reopen === undefined) return;
  const stream = makeStream(seededRandom(7), 2, 10);
  const mark = { deviceId: device("cam-1"), state: { through: [1, 2] } };
  await series.commit(batch(stream, { samples: [makeSample(1)], marks: [mark] }));
  const [windows, merged] = [await series.windows({}), await series.fleetProfile({}, specHash)];
  const after = (await reopen()).series;
  invariant(isSame(await after.windows({}), windows) && isSame(await after.fleetProfile({}, specHash), merged), "windows are there after reopening");
  invariant(isSame(await after.ingestMarks(), [mark]) && (await after.sample("cam-1.1.1")) !== undefined, "and marks, and samples");
  invariant((await after.commit(batch(stream))).repeated === stream.length, "and are known for what they are");
}

/** The law of the {@link TimeSeriesStore} port. */
export const seriesLaws: readonly StoreLaw[] = [
  { name: "a window is kept once, as it came first, with its marks", check: onceEach },
  { name: "a batch is stored wholly or not at all, and harms no other", check: nothingOfHalf },
  { name: "commits may overlap", check: overlapping },
  { name: "the same windows merge to the same bits in any order", check: anyOrder },
  { name: "queries give what ends in them", check: queries },
  { name: "windows of other specs are told apart", check: specs },
  { name: "statistics over time", check: seriesOverTime },
  { name: "samples and labels", check: samples },
  { name: "samples are trimmed to a size", check: trimming },
  { name: "dead letters are bounded and counted", check: deadLettersLaw },
  { name: "rolled up, answers are the same, also with what comes late", check: rollingUp },
  { name: "old things are deleted, and stay in merged answers", check: deleting },
  { name: "windows, hours and days are each kept for their own time", check: retentionLaw },
  { name: "a commit survives reopening", check: durable },
];
