import type { Cause, Drift, FeatureHistogram } from "@kedge/api";
import { exitCodes } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { age, figure, oneLine, percent, plain } from "../output/plain.js";
import { printLines } from "../output/print.js";
import { tableOf } from "../output/table.js";
import type { Session } from "../session.js";
import { addDriftSettings } from "./drift-settings.js";
import { scopeText } from "./incidents.js";

interface Row {
  readonly model: string;
  readonly cause: Cause;
}

const columns = [
  { title: "MODEL", value: (r: Row) => r.model },
  { title: "SCOPE", value: (r: Row) => scopeText(r.cause.scope) },
  { title: "SEVERITY", value: (r: Row) => r.cause.severity, isState: true },
  // `skew`: never as in training; `drift`: unlike what these devices showed before.
  { title: "CHANGE", value: (r: Row) => r.cause.change },
  { title: "CAUSE", value: (r: Row) => r.cause.causeClass },
  {
    title: "FEATURES",
    value: (r: Row) =>
      r.cause.features
        .map((f) => f.feature)
        .slice(0, 5)
        .join(","),
  },
  { title: "MOVED", value: (r: Row) => percent(r.cause.features[0]?.score ?? 0), isNumber: true },
  { title: "DEVICES", value: (r: Row) => String(r.cause.deviceIds.length), isNumber: true },
];

function statusLines(session: Session, drift: Drift): string[] {
  if (drift.atMs === null) return ["the fleet has not been looked at yet"];
  const rows = drift.looks.flatMap((look) => look.causes.map((cause): Row => ({ model: `${look.bundle.name}@${look.bundle.version}`, cause })));
  const looked = drift.looks.map(
    (l) =>
      `${l.bundle.name}@${l.bundle.version}: ${l.devices} devices, ${Math.round(l.rows)} predictions${l.leftOut.length === 0 ? "" : `, ${l.leftOut.length} devices left out`}`,
  );
  const table = rows.length === 0 ? [session.paint("good", "no drift")] : [tableOf(rows, columns, session.paint).trimEnd()];
  return [...table, "", `looked ${age(drift.atMs, session.nowMs)} ago at ${looked.map(oneLine).join("; ")}`];
}

const barWidth = 30;

/** `#` for what is seen now, `|` where the reference ends. */
function bar(reference: number, current: number, top: number): string {
  const cells = Math.round((current / top) * barWidth);
  const mark = Math.min(barWidth - 1, Math.round((reference / top) * barWidth));
  return Array.from({ length: barWidth }, (_, i) => (i === mark ? "|" : i < cells ? "#" : " ")).join("");
}

function histogramLines(h: FeatureHistogram): string[] {
  const top = Math.max(1e-9, ...h.bins.map((b) => Math.max(b.reference, b.current)));
  const width = Math.max(...h.bins.map((b) => oneLine(b.label).length), 5);
  const rows = h.bins.map(
    (b) => `${oneLine(b.label).padStart(width)}  ${bar(b.reference, b.current, top)}  ${percent(b.reference).padStart(7)} → ${percent(b.current).padStart(7)}`,
  );
  const v = h.verdict;
  const verdict =
    v === null
      ? "not judged"
      : `${v.drifted ? "drifted" : "as usual"}: moved for ${percent(v.score)} of readings (limit ${percent(v.limit)}, 95 % ${percent(v.interval[0])} to ${percent(v.interval[1])})`;
  const evidence = v === null ? [] : [evidenceWords(v)];
  const kind = v?.drifted === true ? [how(v)] : v?.causeClass === "seasonal" ? ["unlike the training reference, and usual at this hour of the week"] : [];
  return [
    `${plain(h.feature)} (${h.role}) of ${plain(h.bundle.name)}@${plain(h.bundle.version)} at ${plain(scopeText(h.scope))}: ${Math.round(h.rows)} values against ${Math.round(h.referenceRows)} in the reference`,
    verdict,
    ...evidence,
    ...kind,
    "",
    ...(h.kind === "embedding" ? ["a vector, of which only a sketch is kept: there are no bins to show", ""] : [...rows, ""]),
    `# now, | in the reference; missing or broken values ${percent(h.invalid.reference)} → ${percent(h.invalid.current)}`,
  ];
}

/** How sure it is: what this look shows, and the sequence of a device's windows. */
function evidenceWords(v: NonNullable<FeatureHistogram["verdict"]>): string {
  const look = v.pValue === null ? "not tested, since so little moved" : `p = ${small(v.pValue)} (needed ${small(v.alpha)})`;
  const rows = v.designEffect > 1.05 ? `; ${figure(v.designEffect)} readings tell as much as one, since they hang together` : "";
  return `evidence: ${look}${v.eValue === null ? "" : `, e = ${figure(v.eValue)} from the sequence of its windows`}${rows}`;
}

/** A chance, to one digit: 3e-12, 0.2. */
const small = (p: number): string => (p >= 0.01 ? p.toFixed(2) : p.toExponential(0));

function how(v: NonNullable<FeatureHistogram["verdict"]>): string {
  const against = v.change === "skew" ? "unlike the training reference from the first windows on (skew)" : "unlike what was seen before (drift)";
  const earlier = v.earlierScore === null ? "" : `; against its own first windows ${percent(v.earlierScore)}`;
  const told = v.evidence === "sequence" ? ", told by the sequence of its windows" : "";
  return `drifted: ${against}${told}${earlier}`;
}

/** `kedge drift …` */
export const addDrift: AddCommands = (program, runner) => {
  const drift = program.command("drift").description("what devices see now, held against what is normal");
  drift
    .command("status")
    .description("the latest look at the fleet")
    .option("--model <model>", "only devices that run this one")
    .option("--exit-code", `exit with ${exitCodes.drift} when something has drifted`)
    .action(
      runner.does<{ model?: string; exitCode?: boolean }>(async (session, { model, exitCode }) => {
        const found = await (await session.client()).drift.get({ model });
        printLines(session, found, statusLines(session, found));
        return exitCode === true && !found.clean ? exitCodes.drift : undefined;
      }),
    );
  drift
    .command("explain [feature]")
    .description("the story of every cause; or one feature's reference against now, bin by bin")
    .option("--scope <scope>", "fleet, device:ID or cohort:site=oslo", "fleet")
    .option("--model <model>", "only devices that run this one")
    .action(
      runner.does<{ scope: string; model?: string }>(async (session, { scope, model }, [feature]) => {
        const client = await session.client();
        if (feature !== undefined) {
          const histogram = await client.drift.feature({ feature, scope, model });
          printLines(session, histogram, histogramLines(histogram));
          return undefined;
        }
        const causes = (await client.drift.get({ model })).looks.flatMap((look) => look.causes);
        printLines(session, causes, causes.length === 0 ? ["no drift"] : causes.flatMap((c, i) => [...(i === 0 ? [] : [""]), plain(c.explanation)]));
        return undefined;
      }),
    );
  drift
    .command("quantiles <feature>")
    .description("quantiles of a feature since the changes that devices found themselves, over all of them")
    .option("--scope <scope>", "fleet, device:ID or cohort:site=oslo", "fleet")
    .action(
      runner.does<{ scope: string }>(async (session, { scope }, [feature = ""]) => {
        const found = await (await session.client()).drift.quantiles({ feature, scope });
        const rows = found.quantiles.map((q) => `${percent(q.share).padStart(7)}  ${figure(q.value)}`);
        const head = `${plain(found.feature)} at ${plain(scopeText(found.scope))}: ${found.values} values of ${found.devices} devices${found.shareError === 0 ? "" : `, shares within ${percent(found.shareError)}`}`;
        printLines(session, found, [head, "", ...rows]);
        return undefined;
      }),
    );
  addDriftSettings(drift, runner);
};
