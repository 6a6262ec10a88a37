import { alarmRate } from "./edge/alarm-rate.js";
import { budgetMonth } from "./edge/budget-month.js";
import { watchCost } from "./edge/cost.js";
import { bytesOfADay, delays } from "./edge/delays.js";
import { resultOf } from "./support/figure.js";
import { measuredRate, printResult, rounded, say } from "./support/result.js";

const seed = 20_260_801;
/** What is left of the contrast behind a lens that gets dirty. */
const contrasts = [0.8, 0.6, 0.4] as const;
const trials = 20;

const cost = watchCost(1_000_000, 7, seed);
say(`a row through four detectors: ${Math.round(cost.nsPerRow)} ns`);
const bytes = bytesOfADay(1, seed);
say(`a day with a change: ${bytes.edge} of ${bytes.everything} bytes`);
const answers = contrasts.map((contrast) => ({ changed: `contrast × ${contrast}`, ...delays({ contrast, shift: 0 }, trials, seed) }));
// What moves only the inputs is not seen by detectors of the outputs, and waits for the heartbeat.
const inputs = { changed: "inputs + .5 sd", ...delays({ contrast: 1, shift: 0.5 }, trials, seed) };
for (const { changed, everythingSeconds, edgeSeconds, found } of [...answers, inputs])
  say(`${changed}: found after ${Math.round(edgeSeconds)} s (${found} of ${trials}); sending everything, after ${Math.round(everythingSeconds)} s`);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const alarms = alarmRate({ fleetDays: 10, wanted: 20 }, seed);
const rate = measuredRate(alarms.alarms, alarms.fleetDays);
say(`${alarms.alarms} false alarms in ${alarms.fleetDays} days of a fleet; wanted ${alarms.wanted} a day`);
const months = [budgetMonth(30, 60_000, seed), budgetMonth(30, 200_000, seed, 900_000)];
for (const m of months) say(`a month at ${m.bytesPerDay} bytes a day: at most ${m.mostBytes}; rows ${m.rowsSent} of ${m.rowsCounted}`);

printResult({
  ...resultOf("edge", seed, {
    figures: {
      stateBytes: cost.stateBytes,
      nsPerUpdate: rounded(cost.nsPerUpdate, 1),
      nsPerRow: rounded(cost.nsPerRow, 1),
      bytesRatio: rounded(bytes.ratio, 4),
      delayRatio: rounded(mean(answers.map((d) => d.edgeSeconds)) / mean(answers.map((d) => d.everythingSeconds)), 3),
      inputsOnlyDelayRatio: rounded(inputs.ratio, 3),
      alarmsPerFleetDay: rounded(alarms.perFleetDay, 2),
      budgetOverrunBytes: Math.max(0, ...months.map((m) => m.mostBytes - m.bytesPerDay)),
      budgetRowsLost: months.reduce((lost, m) => lost + m.rowsCounted - m.rowsSent, 0),
    },
    details: {
      delayRatio: { trials: trials * contrasts.length },
      inputsOnlyDelayRatio: { trials },
      alarmsPerFleetDay: { trials: alarms.fleetDays, interval: rate.interval, wanted: alarms.wanted },
    },
  }),
  delays: [...answers, inputs].map((d) => ({
    ...d,
    everythingSeconds: rounded(d.everythingSeconds, 1),
    edgeSeconds: rounded(d.edgeSeconds, 1),
    ratio: rounded(d.ratio, 3),
  })),
  months,
});
