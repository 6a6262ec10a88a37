import { seededRandom } from "@kedge/core";
import { createRowReader, type RowReader, Watch } from "@kedge/profile";
import { type Bundle, drawRow, makeBundle, noChange, recipe } from "./sensor-model.js";

/** Rows whose features are known, to be fed to watches without the cost of a model. */
export interface RowPool {
  readonly reader: RowReader;
  readonly size: number;
  /** Makes row i of the pool the row at hand. */
  show(i: number): void;
}

export function rowPool(size: number, seed: number): RowPool {
  const random = seededRandom(seed);
  const reader = createRowReader(recipe);
  const width = reader.features.length;
  const table = new Float64Array(size * width);
  for (let i = 0; i < size; i += 1) {
    reader.read(drawRow(random, noChange));
    table.set(reader.numbers, i * width);
  }
  return {
    reader,
    size,
    show(i) {
      for (let k = 0; k < width; k += 1) reader.numbers[k] = table[i * width + k] as number;
    },
  };
}

export interface AlarmRate {
  readonly wanted: number;
  readonly perFleetDay: number;
  readonly fleetDays: number;
  readonly alarms: number;
}

/** Alarms of one device in so many rows count once: they are one thing that happened. */
const oneEventRows = 60;

/** How often the detectors of a fleet in which nothing changes alarm, against how often they were to. */
export function alarmRate({ fleetDays, wanted }: { readonly fleetDays: number; readonly wanted: number }, seed: number): AlarmRate {
  const budget = { alarmsPerFleetDay: wanted, devices: 100, rowsPerDay: 8_640 };
  const pool = rowPool(32_768, seed);
  const random = seededRandom(seed + 1);
  let alarms = 0;
  for (let device = 0; device < budget.devices; device += 1) {
    // A bundle of its own: the error of one reference would be all devices' error.
    const bundle: Bundle = makeBundle(seed + 1_000 + (device % 10), budget, 2_000);
    const watch = new Watch(bundle.watch, { spec: bundle.spec, reference: bundle.reference, seed: seed + device });
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < budget.rowsPerDay * fleetDays; i += 1) {
      pool.show(Math.floor(random() * pool.size));
      if (!watch.add(pool.reader)) continue;
      if (i - last > oneEventRows) alarms += 1;
      last = i;
    }
  }
  return { wanted, perFleetDay: alarms / fleetDays, fleetDays, alarms };
}
