import type { MetricsBackfill, MetricsHours, MetricsStanding } from "@kedge/api";
import type { AddCommands } from "../action.js";
import { momentArgument } from "../arguments.js";
import { moment, plain } from "../output/plain.js";
import { fields, printLines } from "../output/print.js";
import { tableOf } from "../output/table.js";
import type { Session } from "../session.js";

const hourMs = 3_600_000;
/** What one request looks at. */
const dayMs = 24 * hourMs;

type Hour = MetricsHours["items"][number];

function standingLines(s: MetricsStanding): string[] {
  const series = `${s.series} of ${s.maxSeries} at most${s.shortened === 0 ? "" : `; of ${s.shortened} windows only the device's own line was written (store.metrics.maxSeries)`}`;
  return fields([
    ["written to", `${s.place} (${s.kind})`],
    ["written", `${s.windows} windows, ${s.points} points since the collector started`],
    ["waiting", String(s.waiting)],
    ["dropped", s.dropped === 0 ? "0" : `${s.dropped} found no room: kedge metrics gaps shows where, kedge metrics backfill fills them`],
    ...(s.unreadable === 0 ? [] : [["unreadable", `${s.unreadable} windows could not be decoded; the collector's log says which`] as const]),
    ["series", series],
    ["state", s.fault === null ? "well" : `${s.failures} writes failed, the last: ${plain(s.fault)}`],
  ]);
}

interface Range {
  readonly from: number;
  readonly to?: number;
}

const isGap = ({ stored, mirrored }: Hour): boolean => stored !== mirrored;

/** The hours of a time, asked for day by day. */
async function hoursOf(session: Session, { from, to = session.nowMs }: Range): Promise<Hour[]> {
  const client = await session.client();
  const hours = new Map<number, Hour>();
  for (let at = Math.floor(from / hourMs) * hourMs; at < to; at += dayMs)
    for (const hour of (await client.metrics.hours({ from: at, to: Math.min(at + dayMs, to) })).items) hours.set(hour.atMs, hour);
  return [...hours.values()];
}

function gapLines(session: Session, gaps: readonly Hour[], hours: number): string[] {
  if (gaps.length === 0) return [`no gap in ${hours === 1 ? "the one hour" : `${hours} hours`} that something is stored of`];
  const table = tableOf(
    gaps,
    [
      { title: "HOUR", value: (h) => moment(h.atMs) },
      { title: "STORED", value: (h) => String(h.stored), isNumber: true },
      { title: "WRITTEN", value: (h) => String(h.mirrored), isNumber: true },
    ],
    session.paint,
  );
  return [table.trimEnd(), "", "predictions of each hour; kedge metrics backfill writes what is missing"];
}

async function backfill(session: Session, { from, to, all }: Range & { readonly all?: boolean }): Promise<undefined> {
  const client = await session.client();
  const sum: { -readonly [K in keyof MetricsBackfill]: number } = { windows: 0, points: 0, scores: 0 };
  const hours = await hoursOf(session, { from, ...(to === undefined ? {} : { to }) });
  for (const { atMs } of hours.filter((hour) => all === true || isGap(hour))) {
    const written = await client.metrics.backfill({ from: atMs, to: atMs + hourMs });
    session.say(`${moment(atMs)}: ${written.windows} windows, ${written.points} points, ${written.scores} scores`);
    for (const key of ["windows", "points", "scores"] as const) sum[key] += written[key];
  }
  printLines(session, sum, [
    sum.windows + sum.scores === 0
      ? "nothing was missing that is still stored"
      : `${sum.windows} windows written again as ${sum.points} points, and ${sum.scores} drift scores; the same point twice is one`,
  ]);
  return undefined;
}

/** `kedge metrics …` */
export const addMetrics: AddCommands = (program, runner) => {
  const metrics = program.command("metrics").description("the database that numbers are written to, to be drawn (store.metrics)");
  metrics
    .command("status")
    .description("what was written, what waits, what found no room")
    .action(
      runner.does(async (session) => {
        const standing = await (await session.client()).metrics.standing();
        printLines(session, standing, standingLines(standing));
        return undefined;
      }),
    );
  metrics
    .command("gaps")
    .description("hours of which less is there than is stored")
    .requiredOption("--from <moment>", "from when (2026-03-01T00:00:00Z)", momentArgument)
    .option("--to <moment>", "until when; else now", momentArgument)
    .action(
      runner.does<Range>(async (session, { from, to }) => {
        const hours = await hoursOf(session, { from, ...(to === undefined ? {} : { to }) });
        const gaps = hours.filter(isGap);
        printLines(session, gaps, gapLines(session, gaps, hours.length));
        return undefined;
      }),
    );
  metrics
    .command("backfill")
    .description("write what is stored and missing there again, hour by hour; Ctrl-C stops it, and it may be run again")
    .requiredOption("--from <moment>", "from when (2026-03-01T00:00:00Z)", momentArgument)
    .option("--to <moment>", "until when; else now", momentArgument)
    .option("--all", "hours without a gap, too: for numbers that a newer version has more of")
    .action(runner.does<Range & { readonly all?: boolean }>((session, options) => backfill(session, options)));
};
