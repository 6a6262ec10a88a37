import { lengthMs } from "./lengths.js";

/** A tree for the scenario's schema, or what is wrong with the words. */
export type Words = { readonly tree: Readonly<Record<string, unknown>> } | { readonly fault: string };

const number = String.raw`[+-]?\d+(?:\.\d+)?`;

/** `mean+0.5`, `spread*2`, `stuck`, `missing=0.3`, `unit*1.8+32`, `mix=cold:0.5`. */
function changeOf(word: string): Readonly<Record<string, unknown>> | undefined {
  const mean = /^mean([+-]\d+(?:\.\d+)?)$/.exec(word);
  if (mean !== null) return { kind: "mean", by: Number(mean[1]) };
  const spread = new RegExp(`^spread\\*(${number})$`).exec(word);
  if (spread !== null) return { kind: "spread", by: Number(spread[1]) };
  if (word === "stuck") return { kind: "stuck" };
  const missing = new RegExp(`^missing=(${number})$`).exec(word);
  if (missing !== null) return { kind: "missing", share: Number(missing[1]) };
  const unit = new RegExp(`^unit\\*(${number})([+-]\\d+(?:\\.\\d+)?)?$`).exec(word);
  if (unit !== null) return { kind: "unit", by: Number(unit[1]), offset: Number(unit[2] ?? 0) };
  const mix = new RegExp(`^mix=(.+):(${number})$`).exec(word);
  return mix === null ? undefined : { kind: "mix", category: mix[1], share: Number(mix[2]) };
}

const driftKeys = new Set(["at", "until", "over", "feature"]);

/** `site=oslo at=5m over=2m feature=temperature mean+0.5`: which devices, when, what, how. The change comes last. */
export function driftWords(text: string): Words {
  const words = text.trim().split(/\s+/);
  const change = changeOf(words.at(-1) ?? "");
  if (change === undefined)
    return {
      fault: `"${words.at(-1) ?? ""}" is no change: the last word is mean+0.5, spread*2, stuck, missing=0.3, unit*1.8+32 or mix=CATEGORY:0.5`,
    };
  const before = words.slice(0, -1);
  const isSetting = (word: string): boolean => driftKeys.has(word.split("=", 1)[0] ?? "") && word.includes("=");
  const from = before.findIndex(isSetting);
  const settings = from < 0 ? [] : before.slice(from);
  const tree: Record<string, unknown> = { selector: (from < 0 ? before : before.slice(0, from)).join(" "), change };
  for (const word of settings) {
    if (!isSetting(word)) return { fault: `"${word}" is none of at=TIME, until=TIME, over=TIME and feature=NAMES; the selector comes first` };
    const [key = "", value = ""] = [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)];
    if (key === "feature") tree["features"] = value.split(",");
    else tree[key] = value;
  }
  return { tree };
}

/** `key=value` words after the first. */
function pairsOf(words: readonly string[]): Readonly<Record<string, string>> | string {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) return word;
    pairs[word.slice(0, at)] = word.slice(at + 1);
  }
  return pairs;
}

/** What the words of a kind of fault are called, and where they go in the scenario. */
interface FaultGrammar {
  readonly example: string;
  readonly keys: Readonly<Record<string, string>>;
  /** Keys whose values are numbers; others are lengths of time or text. */
  readonly numbers?: readonly string[];
  readonly tree: (values: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

const grammars: Readonly<Record<string, FaultGrammar>> = {
  storm: { example: "storm every=2m", keys: { every: "every" }, tree: (storm) => ({ storm }) },
  crash: {
    example: "crash every=1m share=0.05 down=2s",
    keys: { every: "every", share: "share", down: "downFor" },
    numbers: ["share"],
    tree: (crash) => ({ crash }),
  },
  clock: {
    example: "clock skew=5m share=0.1 without=0.05",
    keys: { skew: "skew", share: "share", without: "withoutShare" },
    numbers: ["share", "without"],
    tree: (clock) => ({ clock }),
  },
  update: {
    example: "update self-test=0.02 probation=0.01",
    keys: { "self-test": "selfTest", probation: "probation" },
    numbers: ["self-test", "probation"],
    tree: (update) => ({ update }),
  },
  "broker-kill": {
    example: "broker-kill every=5m pid=1234 (or unit=mosquitto.service)",
    keys: { every: "every", pid: "pid", unit: "unit", down: "downFor" },
    numbers: ["pid"],
    tree: (brokerKill) => ({ brokerKill }),
  },
};

const linkFaults: Readonly<Record<string, string>> = { loss: "loss", duplicate: "duplication", reorder: "reordering" };

/** All kinds of faults, as examples. */
export const faultExamples: readonly string[] = [
  "loss=0.01",
  "duplicate=0.01",
  "reorder=0.02",
  "delay=50ms..2s",
  ...Object.values(grammars).map((grammar) => grammar.example),
];

function linkWords(word: string): Words | undefined {
  const [key = "", value = ""] = [word.slice(0, Math.max(0, word.indexOf("="))), word.slice(word.indexOf("=") + 1)];
  const name = Object.hasOwn(linkFaults, key) ? linkFaults[key] : undefined;
  if (name !== undefined) return { tree: { link: { [name]: Number(value) } } };
  if (key !== "delay") return undefined;
  const [from = "", to = from] = value.split("..");
  if (lengthMs(from) === undefined || lengthMs(to) === undefined) return { fault: `"${word}" is no delay such as delay=50ms..2s` };
  return { tree: { link: { delay: [from, to] } } };
}

/** `loss=0.01`, `storm every=2m`, … as a part of the scenario's `faults`. */
export function faultWords(text: string): Words {
  const [first = "", ...rest] = text.trim().split(/\s+/);
  const link = rest.length === 0 ? linkWords(first) : undefined;
  if (link !== undefined) return link;
  const grammar = Object.hasOwn(grammars, first) ? grammars[first] : undefined;
  if (grammar === undefined) return { fault: `"${text}" is no fault; there are ${faultExamples.join(" · ")}` };
  const pairs = pairsOf(rest);
  if (typeof pairs === "string") return { fault: `"${pairs}" in "${text}" is no key=value; it looks like ${grammar.example}` };
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pairs)) {
    const name = Object.hasOwn(grammar.keys, key) ? grammar.keys[key] : undefined;
    if (name === undefined) return { fault: `"${key}" in "${text}" is none of ${Object.keys(grammar.keys).join(", ")}; it looks like ${grammar.example}` };
    values[name] = grammar.numbers?.includes(key) === true ? Number(value) : value;
  }
  return { tree: grammar.tree(values) };
}

/** `site=oslo,lyon,turin` as a part of the scenario's `labels`. */
export function labelWords(text: string): Words {
  const at = text.indexOf("=");
  if (at < 1) return { fault: `"${text}" is no label; it looks like site=oslo, or site=oslo,lyon,turin for devices in turn` };
  const values = text.slice(at + 1).split(",");
  return { tree: { [text.slice(0, at)]: values.length === 1 ? values[0] : values } };
}
