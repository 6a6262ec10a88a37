import { writeFile } from "node:fs/promises";
import type { DeadLetter, DeadLetterDetail, DeadLetterTotals } from "@kedge/api";
import { KedgeError, messageOf } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { wholeArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { age, byteSize, moment } from "../output/plain.js";
import { fields, printLines, printList, printOne, type View } from "../output/print.js";
import { tableOf } from "../output/table.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

const view: View<DeadLetter> = {
  name: (l) => String(l.id),
  columns: [
    { title: "ID", value: (l) => String(l.id), isNumber: true },
    { title: "TIME", value: (l) => moment(l.atMs) },
    { title: "DEVICE", value: (l) => l.deviceId },
    { title: "TOPIC", value: (l) => l.leaf },
    { title: "REASON", value: (l) => l.reason },
    { title: "BYTES", value: (l) => String(l.size), isNumber: true },
    { title: "KEPT", value: (l) => String(l.keptBytes), isNumber: true, isWide: true },
    { title: "MESSAGE", value: (l) => l.message },
  ],
};

type Part = DeadLetterDetail["parts"][number];

/** What fields 1 to 4 are of every message that comes out of an outbox. */
const headingNames: Readonly<Record<number, string>> = { 1: "format", 2: "device", 3: "boot epoch", 4: "sequence" };
const typeNames: Readonly<Record<number, string>> = { 0: "number", 1: "8 bytes", 2: "bytes", 5: "4 bytes" };
const outboxLeaves = new Set(["stats", "sample", "evt"]);

/** Fields of a message that people are shown; `-o json` has all that were followed. */
const partsShown = 24;

function partsTable(letter: DeadLetterDetail, session: Session): string {
  const name = (p: Part): string => (outboxLeaves.has(letter.leaf) ? (headingNames[p.field] ?? "") : "");
  return tableOf(
    letter.parts.slice(0, partsShown),
    [
      { title: "AT BYTE", value: (p) => String(p.at), isNumber: true },
      { title: "FIELD", value: (p) => String(p.field), isNumber: true },
      { title: "TYPE", value: (p) => typeNames[p.wireType] ?? "?" },
      { title: "BYTES", value: (p) => String(p.bytes), isNumber: true },
      { title: "IS", value: (p) => [name(p), p.value === null ? "" : String(p.value)].filter((t) => t !== "").join(" ") },
    ],
    session.paint,
  ).trimEnd();
}

/** Sixteen bytes a line around the one where a message breaks, or its beginning. */
function hexLines(base64: string, aroundByte: number): string[] {
  const bytes = Buffer.from(base64, "base64");
  const from = Math.max(0, Math.floor(aroundByte / 16) - 1) * 16;
  const lines: string[] = [];
  for (let at = from; at < Math.min(bytes.length, from + 64); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((b) => b.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${String(at).padStart(6)}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines;
}

function readingLines({ reading, keptBytes, size }: DeadLetterDetail): string[] {
  if (keptBytes < size) return [`Of ${size} bytes the first ${keptBytes} are kept: too few to read it again.`];
  if (reading === null) return [];
  if (reading.fault !== null) return [`What is wrong with it: ${reading.fault.message} (${reading.fault.code})`];
  return ["Its bytes can be read; it was refused for what it says:", ...fields(Object.entries(reading.holds).map(([k, v]) => [`  ${k}`, String(v)] as const))];
}

function detailLines(letter: DeadLetterDetail, session: Session): string[] {
  const { parts, brokenAt, base64 } = letter;
  const rest = parts.length > partsShown ? [`… and ${parts.length - partsShown} more fields (-o json)`] : [];
  const broken = brokenAt === null ? [] : [`At byte ${brokenAt} it cannot be followed any further.`];
  return [
    ...fields([
      ["letter", String(letter.id)],
      ["came", moment(letter.atMs)],
      ["device", letter.deviceId],
      ["topic", letter.leaf],
      ["reason", letter.reason],
      ["message", letter.message],
      ["bytes", `${letter.size}, ${letter.keptBytes} kept`],
    ]),
    "",
    ...readingLines(letter),
    ...(parts.length === 0 ? [] : ["", partsTable(letter, session), ...rest]),
    ...broken,
    ...(base64 === "" ? [] : ["", ...hexLines(base64, brokenAt ?? 0)]),
  ];
}

type TotalRow = DeadLetterTotals["items"][number];

function totalsLines(totals: DeadLetterTotals, session: Session): string[] {
  const { items, mostKept, mostOfDevice, mostBytes } = totals;
  const bound = `The newest ${mostKept} are kept, ${mostOfDevice} of one device, of each the first ${byteSize(mostBytes)}; apps/docs/guide/dead-letters.md says what to do about each reason.`;
  if (items.length === 0) return ["no message was ever refused"];
  const table = tableOf<TotalRow>(
    items,
    [
      { title: "REASON", value: (t) => t.reason },
      { title: "EVER", value: (t) => String(t.total), isNumber: true },
      { title: "KEPT", value: (t) => String(t.kept), isNumber: true },
      { title: "DROPPED", value: (t) => String(t.dropped), isNumber: true },
      { title: "NEWEST", value: (t) => (t.newestAtMs === null ? "-" : `${age(t.newestAtMs, session.nowMs)} ago`), isNumber: true },
    ],
    session.paint,
  );
  return [table.trimEnd(), "", bound];
}

async function writeRaw(path: string, base64: string): Promise<void> {
  try {
    // What a device sent may be a raw reading.
    await writeFile(path, Buffer.from(base64, "base64"), { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new KedgeError(cliCodes.unwritable, `writing the message to ${path} failed: ${messageOf(cause)}`, {
      hint: "Name a file that is not there yet, in a directory that can be written.",
      context: { exit: "storage", path },
      cause,
    });
  }
}

/** `kedge dead-letters …` */
export const addDeadLetters: AddCommands = (program, runner) => {
  const letters = program.command("dead-letters").description("messages of devices that were refused, and why");
  letters
    .command("ls")
    .description("list what was refused, newest first")
    .option("--device <device>", "only what came from this one")
    .option("--reason <code>", "only for this reason, such as ingest/truncated")
    .option("--limit <n>", "at most so many", wholeArgument(1), 100)
    .action(
      runner.does<{ device?: string; reason?: string; limit: number }>(async (session, { device, reason, limit }) => {
        const client = await session.client();
        const found = await allOf(limit, (page) => client.deadLetters.list({ ...page, deviceId: device, reason }));
        printList(session, found, view, "no such message is kept");
        return undefined;
      }),
    );
  letters
    .command("totals")
    .description("how many were ever refused, by reason, and how many of them are kept")
    .action(
      runner.does(async (session) => {
        const totals = await (await session.client()).deadLetters.totals();
        printLines(session, totals, totalsLines(totals, session));
        return undefined;
      }),
    );
  letters
    .command("get")
    .argument("<id>", "its number", wholeArgument(1))
    .description("one of them: what is wrong with it, at which byte, and what can be read")
    .option("--raw <file>", "write what is kept of its bytes to a new file")
    .action(
      runner.does<{ raw?: string }>(async (session, { raw }, [id = ""]) => {
        const letter = await (await session.client()).deadLetters.get({ letterId: id });
        if (raw !== undefined) {
          await writeRaw(raw, letter.base64);
          session.say(`${letter.keptBytes} bytes of ${letter.size} are in ${raw}`);
        }
        printOne(session, letter, { ...view, detail: detailLines } as View<DeadLetterDetail>);
        return undefined;
      }),
    );
};
