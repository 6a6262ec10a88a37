import type { DriftSetting, DriftSettings, SeasonLearnt, Tuning } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { momentArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { figure, moment, percent, plain } from "../output/plain.js";
import { fields, printLines } from "../output/print.js";
import { tableOf } from "../output/table.js";
import type { Session } from "../session.js";

function usage(message: string, hint: string): KedgeError {
  return new KedgeError(cliCodes.usage, message, { hint, context: { exit: "usage" } });
}

function numberOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw usage(`${option} is no number: ${text}`, "Write it with a point, such as 0.15.");
  return value;
}

function modelOf(model: string | undefined): string {
  if (model === undefined) throw usage("which model?", "Add --model NAME; kedge model ls lists them.");
  // Limits hold for all versions of a model.
  return model.split("@")[0] ?? model;
}

const words: readonly (readonly [keyof DriftSetting, string])[] = [
  ["effectLimit", "effect limit"],
  ["missingLimit", "missing limit"],
  ["alphaPerLook", "alpha per look"],
  ["falseDiscoveryRate", "false discovery rate"],
];

function seasonLines(seasons: DriftSettings["seasons"]): string[] {
  return seasons.map(
    (s) =>
      `${s.selector === "" ? "all devices" : plain(s.selector)}: ${s.hours} of 168 hours of the week known from ${Math.round(s.rows)} predictions, ${s.inForce ? "in force" : "not in force"}`,
  );
}

function settingLines(found: DriftSettings): string[] {
  const limits = words.map(([key, name]): readonly [string, string] => [
    name,
    `${figure(found.inForce[key])}${found.setting[key] === undefined ? "" : " (set)"}`,
  ]);
  const changed = found.changedAtMs === null ? "never set" : `version ${found.version}, set ${moment(found.changedAtMs)} by ${plain(found.changedBy ?? "")}`;
  return [...fields([["model", plain(found.model)], ...limits, ["changed", changed]]), ...seasonLines(found.seasons)];
}

interface TuningRow {
  readonly row: Tuning["rows"][number];
  readonly isProposed: boolean;
}

const isSame = (a: DriftSetting, b: DriftSetting | null): boolean => b !== null && words.every(([key]) => a[key] === b[key]);

function tuningLines(session: Session, found: Tuning): string[] {
  const rows = found.rows.map((row): TuningRow => ({ row, isProposed: isSame(row.setting, found.proposed) }));
  const table = tableOf(
    rows,
    [
      { title: "", value: (r) => (r.isProposed ? "*" : "") },
      { title: "EFFECT LIMIT", value: (r) => percent(r.row.setting.effectLimit ?? 0), isNumber: true },
      { title: "ALPHA", value: (r) => figure(r.row.setting.alphaPerLook ?? 0), isNumber: true },
      { title: "ALARMS", value: (r) => String(r.row.alarms), isNumber: true },
      { title: "A WEEK", value: (r) => figure(r.row.alarmsPerWeek), isNumber: true },
      { title: "95 %", value: (r) => `${figure(r.row.interval[0])} to ${figure(r.row.interval[1])}` },
    ],
    session.paint,
  );
  const told = `${found.looks} looks at ${found.devices} devices, ${moment(found.fromMs)} to ${moment(found.toMs)} (${figure(found.weeks)} weeks)`;
  const proposal =
    found.proposed === null ? `no setting gives ${found.alarmsPerWeek} alarms a week or fewer` : "* the most sensitive one that gives no more than wanted";
  // Daily and weekly rhythms are not in a history of hours, and no alarm in an hour is no promise for a week.
  const short = found.weeks < 1 ? ["less than a week of history tells little: see the interval, and tune again when there is more"] : [];
  return [table.trimEnd(), "", told, ...short, proposal];
}

interface TuneFlags {
  readonly model?: string;
  readonly alarmsPerWeek?: string;
  readonly from?: number;
  readonly to?: number;
  readonly apply?: boolean;
}

async function tune(session: Session, flags: TuneFlags): Promise<undefined> {
  const model = modelOf(flags.model);
  const alarmsPerWeek = numberOf(flags.alarmsPerWeek, "--alarms-per-week");
  if (alarmsPerWeek === undefined) throw usage("how many alarms a week are wanted?", "Add --alarms-per-week 1.");
  const client = await session.client();
  const found = await client.drift.tune({ model, alarmsPerWeek, from: flags.from, to: flags.to });
  printLines(session, found, tuningLines(session, found));
  if (flags.apply !== true) return undefined;
  if (found.proposed === null)
    throw usage("nothing was applied: no setting gives so few alarms", "Want more alarms a week, or give a longer history with --from.");
  const { version } = await client.drift.set({ model, setting: found.proposed, reason: `tuned to ${alarmsPerWeek} alarms a week` });
  session.say(`applied to ${model}, version ${version}`);
  return undefined;
}

interface SetFlags {
  readonly model?: string;
  readonly effectLimit?: string;
  readonly missingLimit?: string;
  readonly alphaPerLook?: string;
  readonly falseDiscoveryRate?: string;
  readonly reset?: boolean;
  readonly reason: string;
}

async function set(session: Session, flags: SetFlags): Promise<undefined> {
  const given: DriftSetting = {
    effectLimit: numberOf(flags.effectLimit, "--effect-limit"),
    missingLimit: numberOf(flags.missingLimit, "--missing-limit"),
    alphaPerLook: numberOf(flags.alphaPerLook, "--alpha-per-look"),
    falseDiscoveryRate: numberOf(flags.falseDiscoveryRate, "--false-discovery-rate"),
  };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(named).length === 0 && flags.reset !== true) throw usage("nothing to set", "Give a limit such as --effect-limit 0.15, or --reset.");
  const client = await session.client();
  const model = modelOf(flags.model);
  const before = flags.reset === true ? {} : (await client.drift.settings({ model })).setting;
  const found = await client.drift.set({ model, setting: { ...before, ...named }, reason: flags.reason });
  printLines(session, found, settingLines(found));
  return undefined;
}

function learntLines(found: SeasonLearnt): string[] {
  return [`${plain(found.model)}: learnt from ${found.windows} windows, ${Math.round(found.rows)} predictions`, ...seasonLines(found.seasons)];
}

/** `kedge drift settings`, `set`, `tune` and `learn`. */
export const addDriftSettings: AddCommands = (drift, runner) => {
  drift
    .command("settings")
    .description("the limits of a model, and which hours of the week are known")
    .option("--model <model>", "whose")
    .action(
      runner.does<{ model?: string }>(async (session, { model }) => {
        const found = await (await session.client()).drift.settings({ model: modelOf(model) });
        printLines(session, found, settingLines(found));
        return undefined;
      }),
    );
  drift
    .command("set")
    .description("set limits of a model; others stay as they are")
    .option("--model <model>", "whose")
    .option("--effect-limit <share>", "share of readings that must have moved (0.1)")
    .option("--missing-limit <share>", "the same for missing and broken values (0.02)")
    .option("--alpha-per-look <level>", "chance of any false alarm in one look (1e-5)")
    .option("--false-discovery-rate <rate>", "share of what sequences find that may be false (0.05)")
    .option("--reset", "forget what was set before")
    .option("--reason <words>", "for the audit log", "")
    .action(runner.does<SetFlags>((session, flags) => set(session, flags)));
  drift
    .command("tune")
    .description("replay stored history under several limits and propose those that give a wanted number of alarms")
    .option("--model <model>", "whose")
    .option("--alarms-per-week <number>", "how many alarms a week the fleet may give")
    .option("--from <moment>", "where the history begins (2026-03-01T00:00:00Z); else the oldest that fits", momentArgument)
    .option("--to <moment>", "where it ends; else now", momentArgument)
    .option("--apply", "set what is proposed")
    .action(runner.does<TuneFlags>((session, flags) => tune(session, flags)));
  drift
    .command("learn")
    .description("take a stretch of stored history for normal: each hour of the week is held against what it showed")
    .option("--model <model>", "whose")
    .requiredOption("--from <moment>", "where it begins (2026-03-01T00:00:00Z)", momentArgument)
    .requiredOption("--to <moment>", "where it ends", momentArgument)
    .option("--reason <words>", "for the audit log", "")
    .action(
      runner.does<{ model?: string; from: number; to: number; reason: string }>(async (session, { model, from, to, reason }) => {
        const asked = { model: modelOf(model), from, to, reason };
        const found = await (await session.client()).drift.learn(asked);
        printLines(session, found, learntLines(found));
        return undefined;
      }),
    );
};
