import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@kedge/core";
import type { Vitals } from "@kedge/inference";

/** Where Linux tells how warm its zones are. */
const thermalFolder = "/sys/class/thermal";
/** Neither changes faster, and reading costs some 100 µs. */
const refreshMs = 5_000;
/** Zones beyond it are not read. */
const mostZones = 64;
/** What a thermometer of a board can say; others are broken. */
const plausible = { from: -40, to: 150 } as const;

async function zoneOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const celsius = /^-?\d{1,7}\s*$/.test(text) ? Number(text) / 1_000 : Number.NaN;
  return celsius >= plausible.from && celsius <= plausible.to ? celsius : undefined;
}

/** The hottest zone in °C; null where none tells. */
export async function hottestZone(folder = thermalFolder): Promise<number | null> {
  const names = await readdir(folder).catch((): string[] => []);
  const zones = names.filter((name) => /^thermal_zone\d+$/.test(name)).slice(0, mostZones);
  const found = (await Promise.all(zones.map((zone) => zoneOf(join(folder, zone, "temp"))))).filter((t) => t !== undefined);
  return found.length === 0 ? null : Math.max(...found);
}

/**
 * How the machine is, at most {@link refreshMs} old, and never waited for: a prediction takes what is known. What the machine does not tell stays
 * null, which is no fault.
 */
export function vitalsOf(clock: Clock, folder = thermalFolder): () => Vitals {
  let known: Vitals = { temperatureC: null, memoryMib: null };
  let nextMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= nextMs) {
      nextMs = nowMs + refreshMs;
      known = { ...known, memoryMib: process.memoryUsage.rss() / 2 ** 20 };
      void hottestZone(folder).then((temperatureC) => {
        known = { ...known, temperatureC };
      });
    }
    return known;
  };
}
