import { disturbances } from "../images/disturbances.js";
import type { ImageRow } from "../images/table.js";
import type { BenchResult, Table } from "./page.js";

interface Beside {
  readonly baselines?: Readonly<Record<string, number>>;
  readonly framesOfRules?: Readonly<Record<string, number | null>>;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const words = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares)
    .map(([word, share]) => (share === 1 ? word : `${word} ${percent(share)}`))
    .join(", ");

/** What happened to cameras, a row each: at a site, for other extents, and what rules of thumb say. */
export function cameraTables(result: BenchResult): readonly Table[] {
  const details = (result["details"] ?? {}) as Readonly<Record<string, Beside | undefined>>;
  const rowsOf = (cells: (row: ImageRow, beside: Beside) => readonly (string | number)[]): Table["rows"] =>
    disturbances.flatMap(({ key, says }) => {
      const row = result[key] as ImageRow | undefined;
      return row === undefined ? [] : [[says, ...cells(row, details[key] ?? {})]];
    });
  const frames = ({ median, p90 }: ImageRow["framesToDetect"]): string => `${median ?? "–"} (${p90 ?? "–"})`;
  return [
    {
      title: "Both cameras of one site",
      columns: [
        "what happened",
        "right answers",
        "found",
        "frames until found (90 %)",
        "site named",
        "cause class",
        "told right, at once",
        "retraining advised",
        "with labels",
      ],
      rows: rowsOf((r) => [
        r.accuracy,
        percent(r.found),
        frames(r.framesToDetect),
        percent(r.scopeExact),
        words(r.causeClass),
        `${percent(r.toldRight)}, ${percent(r.toldRightAtOnce)}`,
        percent(r.retrainAdvised),
        r.withLabels === undefined ? "–" : percent(r.withLabels.retrainAdvised),
      ]),
    },
    {
      title: "One camera, the whole fleet, and with an 8×8 thumbnail counted besides",
      columns: [
        "what happened",
        "one camera: found, frames",
        "named",
        "told right",
        "fleet: found, frames",
        "named",
        "retraining advised",
        "thumbnail: found, frames",
      ],
      rows: rowsOf(({ device, fleet, withThumbnail }) => [
        ...(device === undefined
          ? ["–", "–", "–"]
          : [`${percent(device.found)}, ${frames(device.framesToDetect)}`, percent(device.scopeExact), percent(device.toldRight)]),
        ...(fleet === undefined
          ? ["–", "–", "–"]
          : [`${percent(fleet.found)}, ${frames(fleet.framesToDetect)}`, percent(fleet.scopeExact), percent(fleet.retrainAdvised)]),
        withThumbnail === undefined ? "–" : `${percent(withThumbnail.found)}, ${frames(withThumbnail.framesToDetect)}`,
      ]),
    },
    {
      title: "What rules of thumb find at the same site (frames until then, median)",
      columns: ["what happened", "ours", "brightness PSI > .2", "mean confidence .05 lower", "always"],
      rows: rowsOf((r, { baselines, framesOfRules }) => [
        `${percent(r.found)} (${r.framesToDetect.median ?? "–"})`,
        ...["brightness PSI > .2", "mean confidence .05 lower", "always"].map((rule) => `${percent(baselines?.[rule] ?? 0)} (${framesOfRules?.[rule] ?? "–"})`),
      ]),
    },
  ];
}
