import type { Figure } from "../support/figure.js";

const ms = { unit: "ms", isOfMachine: true } as const;
const bar = { atMost: 300 };

/** How long questions to the embedded store take. */
export const queryFigures: readonly Figure[] = [
  { key: "deviceMonthP95Ms", says: "one device, one metric, 30 days by hour (a window a minute): 95th percentile of 40", bar, ...ms },
  { key: "fleetDayP95Ms", says: "the whole fleet of 10,000 devices, one metric, the 95th percentile of each hour of a day", bar, ...ms },
  { key: "cohortWeekP95Ms", says: "the merged profile of any 500 devices over a week that begins and ends at 13:00", bar, ...ms },
  { key: "cohortWeekOfWholeDaysP95Ms", says: "the same of seven whole days", ...ms },
  { key: "cohortWeekCutInAnHourP95Ms", says: "the same, cut in the middle of an hour at both ends", ...ms },
  { key: "cohortWeekToNowP95Ms", says: "the same up to now: a window a minute of the last ten minutes is not rolled up", ...ms },
  { key: "cohortDayByHourP95Ms", says: "the 95th percentile of one metric over these devices, by hour of a day", ...ms },
  { key: "fleetDayToNowP95Ms", says: "the fleet's day up to now: 100,000 windows of the last ten minutes are read one by one", ...ms },
  {
    key: "rollUpMicrosPerWindow",
    says: "rolling up where most hours hold one window: an hour, a quarter or a day written for each",
    unit: "µs",
    isOfMachine: true,
  },
];
