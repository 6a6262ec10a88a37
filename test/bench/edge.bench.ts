import { alarmRate } from "./edge/alarm-rate.js";
import { budgetMonth } from "./edge/budget-month.js";
import { watchCost } from "./edge/cost.js";
import { bytesOfADay, delays } from "./edge/delays.js";
import { printResult, rounded, say } from "./support/result.js";

const seed = 20_260_801;
/** What is left of the contrast behind a lens that gets dirty. */
const contrasts = [0.8, 0.6, 0.4] as const;
const trials = 5;

const cost = watchCost(1_000_000, 7, seed);
say(`a row through four detectors: ${Math.round(cost.nsPerRow)} ns`);
const bytes = bytesOfADay(1, seed);
say(`a day with a change: ${bytes.edge} of ${bytes.everything} bytes`);
const found = contrasts.map((contrast) => ({ contrast, ...delays({ contrast, shift: 0 }, trials, seed) }));
for (const { contrast, everythingSeconds, edgeSeconds } of found)
  say(`contrast ${contrast}: found after ${Math.round(edgeSeconds)} s; sending everything, after ${Math.round(everythingSeconds)} s`);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
// What moves only the inputs is not seen by detectors of the outputs, and waits for the heartbeat.
const inputsOnly = delays({ contrast: 1, shift: 0.5 }, 2, seed);
say(`inputs only: ${Math.round(inputsOnly.edgeSeconds)} s against ${Math.round(inputsOnly.everythingSeconds)} s`);
const alarms = alarmRate({ fleetDays: 10, wanted: 20 }, seed);
say(`${alarms.alarms} false alarms in ${alarms.fleetDays} days of a fleet; wanted ${alarms.wanted} a day`);
const months = [budgetMonth(30, 60_000, seed), budgetMonth(30, 200_000, seed, 900_000)];
for (const m of months) say(`a month at ${m.bytesPerDay} bytes a day: at most ${m.mostBytes}; rows ${m.rowsSent} of ${m.rowsCounted}`);

printResult({
  seed,
  stateBytes: cost.stateBytes,
  nsPerUpdate: rounded(cost.nsPerUpdate, 1),
  nsPerRow: rounded(cost.nsPerRow, 1),
  heapBytesPerRow: rounded(cost.heapBytesPerRow, 2),
  delayRatio: rounded(mean(found.map((f) => f.edgeSeconds)) / mean(found.map((f) => f.everythingSeconds)), 3),
  bytesRatio: rounded(bytes.ratio, 4),
  budgetKept: months.every((m) => m.isKept),
  alarmsPerFleetDay: rounded(alarms.perFleetDay, 2),
  alarmsPerFleetDayWanted: alarms.wanted,
  alarmsCounted: alarms.alarms,
  delays: found.map((f) => ({ ...f, everythingSeconds: rounded(f.everythingSeconds, 1), edgeSeconds: rounded(f.edgeSeconds, 1), ratio: rounded(f.ratio, 3) })),
  inputsOnlyDelayRatio: rounded(inputsOnly.ratio, 3),
  months,
});
