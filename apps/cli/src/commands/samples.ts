import type { Sample } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import { Option } from "commander";
import { z } from "zod";
import type { AddCommands } from "../action.js";
import { selectorArgument, wholeArgument } from "../arguments.js";
import { readText } from "../context/files.js";
import { cliCodes } from "../errors.js";
import { parseCsv } from "../pack/csv.js";
import { age, figure } from "../output/plain.js";
import { printLines, printList, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

function viewOf(session: Session): View<Sample> {
  return {
    name: (s) => s.sampleId,
    columns: [
      { title: "SAMPLE", value: (s) => s.sampleId },
      { title: "DEVICE", value: (s) => s.deviceId },
      { title: "AGE", value: (s) => age(s.atMs, session.nowMs), isNumber: true },
      { title: "PREDICTED", value: (s) => s.predictedLabel },
      { title: "SCORE", value: (s) => figure(s.score), isNumber: true },
      { title: "LABEL", value: (s) => s.label ?? "-" },
      { title: "WHY", value: (s) => s.reason },
      { title: "CONTENT", value: (s) => s.contentSha256.slice(0, 12), isWide: true },
    ],
  };
}

const labelRow = z.object({ sampleId: z.string().min(1), label: z.string().min(1) });
type Label = z.infer<typeof labelRow>;

/** Labels that one request takes. */
const batch = 5_000;

function refuse(where: string, found: string): KedgeError {
  return new KedgeError(cliCodes.badRows, `${where}: expected a sample and its label, found ${found.slice(0, 60)}`, {
    hint: 'Lines look like {"sampleId":"cam-1.1.7","label":"shirt"}; or a CSV file with the columns sampleId and label; or arguments like cam-1.1.7=shirt',
    context: { exit: "usage" },
  });
}

function labelsOfText(text: string, where: string): Label[] {
  if (!text.trimStart().startsWith("{")) {
    return parseCsv(text, where).map((row, i) => {
      const parsed = labelRow.safeParse(row);
      if (!parsed.success) throw refuse(`${where}, row ${i + 1}`, JSON.stringify(row));
      return parsed.data;
    });
  }
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw refuse(`${where}, line ${i + 1}`, line);
    }
    const parsed = labelRow.safeParse(json);
    if (!parsed.success) throw refuse(`${where}, line ${i + 1}`, line);
    return [parsed.data];
  });
}

async function labelsOf(session: Session, args: readonly string[]): Promise<Label[]> {
  const [first = ""] = args;
  if (args.length === 1 && first === "-") return labelsOfText(await session.io.stdin(), "standard input");
  if (args.length === 1 && !first.includes("=")) return labelsOfText(await readText(first, "the labels", "Name a file of labels."), first);
  return args.map((text) => {
    const at = text.indexOf("=");
    if (at < 1 || at === text.length - 1) throw refuse("the arguments", text);
    return { sampleId: text.slice(0, at), label: text.slice(at + 1) };
  });
}

interface ListOptions {
  readonly state: "unlabelled" | "labelled" | "all";
  readonly selector: string;
  readonly device?: string;
  readonly model?: string;
  readonly limit: number;
}

/** `kedge samples …` */
export const addSamples: AddCommands = (program, runner) => {
  const samples = program.command("samples").description("raw readings that devices were allowed to send, and what they truly were");
  samples
    .command("ls")
    .description("list samples; -o json has their raw inputs")
    .addOption(new Option("--state <state>", "which").choices(["unlabelled", "labelled", "all"]).default("unlabelled"))
    .option("-l, --selector <selector>", "only from devices with these labels", selectorArgument, "")
    .option("--device <device>", "only from this one")
    .option("--model <model>", "only what this one predicted")
    .option("--limit <n>", "at most so many", wholeArgument(1), 100)
    .action(
      runner.does<ListOptions>(async (session, { state, selector, device, model, limit }) => {
        const client = await session.client();
        const inputs = session.format === "json" || session.format === "yaml" ? "include" : "omit";
        const found = await allOf(limit, (page) => client.samples.list({ ...page, state, selector, deviceId: device, model, inputs }));
        printList(session, found, viewOf(session), state === "unlabelled" ? "nothing waits for a label" : "no samples");
        return undefined;
      }),
    );
  samples
    .command("label <labels...>")
    .description("say what samples truly were: SAMPLE=LABEL …, a file (lines of JSON, or CSV), or - for standard input")
    .action(
      runner.does(async (session, _, args) => {
        const labels = await labelsOf(session, args);
        const client = await session.client();
        let stored = 0;
        const refused: { readonly sampleId: string; readonly reason: string }[] = [];
        for (let at = 0; at < labels.length; at += batch) {
          const outcome = await client.samples.label({ labels: labels.slice(at, at + batch) });
          stored += outcome.stored;
          refused.push(...outcome.refused);
        }
        printLines(session, { stored, refused }, [`${stored} labels stored${refused.length === 0 ? "" : `, ${refused.length} refused`}`]);
        for (const { sampleId, reason } of refused.slice(0, 20)) session.say(`  ${sampleId}: ${reason}`);
        return refused.length === 0 ? undefined : 1;
      }),
    );
};
