import { readFileSync } from "node:fs";
import { KedgeError, layered, messageOf, type SettingsTree, settingsTextFault } from "@kedge/core";
import { parse } from "yaml";
import { simulatorCodes } from "../errors.js";
import { isFaulty, readScenario, type Scenario, type ScenarioFault } from "./scenario.js";
import { driftWords, faultWords, labelWords, type Words } from "./scenario-words.js";

/** What the command line says of the scenario. */
export interface ScenarioFlags {
  readonly scenario?: string;
  readonly name?: string;
  readonly devices?: number;
  readonly seed?: number;
  readonly interval?: string;
  readonly rows?: number;
  readonly pool?: number;
  readonly duration?: string;
  readonly drain?: string;
  readonly ramp?: string;
  readonly label?: readonly string[];
  readonly drift?: readonly string[];
  readonly fault?: readonly string[];
}

function refuse(faults: readonly ScenarioFault[], where: string): never {
  const lines = faults.map(({ path, found, expected }) => `  - ${path}: ${expected}; found ${found}`);
  throw new KedgeError(simulatorCodes.scenario, `the scenario was refused (${where}):\n${lines.join("\n")}`, {
    hint: "Mend these; `kedge simulate --example` prints a scenario with everything that there is.",
    context: { exit: "config", faults },
  });
}

function fileTree(path: string): SettingsTree {
  let text: string;
  let tree: unknown;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return refuse([{ path: "(file)", found: messageOf(error), expected: "must be a readable file" }], path);
  }
  const fault = settingsTextFault(text);
  if (fault !== undefined) return refuse([{ path: "(file)", found: `a file that ${fault}`, expected: "must be YAML that somebody wrote by hand" }], path);
  try {
    tree = parse(text, { strict: true, uniqueKeys: true, maxAliasCount: 20 }) ?? {};
  } catch (error) {
    return refuse([{ path: "(file)", found: messageOf(error).split("\n")[0] ?? "something else", expected: "must be YAML" }], path);
  }
  if (typeof tree === "object" && !Array.isArray(tree)) return tree as SettingsTree;
  return refuse([{ path: "(top)", found: JSON.stringify(tree).slice(0, 60), expected: "must be keys and values" }], path);
}

/** The trees of repeated flags; what is wrong with their words goes to `faults`. */
function treesOf(flag: string, texts: readonly string[], read: (text: string) => Words, faults: ScenarioFault[]): Readonly<Record<string, unknown>>[] {
  return texts.flatMap((text) => {
    const words = read(text);
    if ("tree" in words) return [words.tree];
    faults.push({ path: `--${flag}`, found: text, expected: words.fault });
    return [];
  });
}

/** The file, and over it the flags; drifts of flags come after those of the file. Throws `simulator/scenario` with all faults at once. */
export function loadScenario(flags: ScenarioFlags): Scenario {
  const { scenario: path, label = [], drift = [], fault = [], ...plain } = flags;
  const file = path === undefined ? {} : fileTree(path);
  const faults: ScenarioFault[] = [];
  const labels = treesOf("label", label, labelWords, faults).reduce<unknown>(layered, {});
  const drifts = treesOf("drift", drift, driftWords, faults);
  const troubles = treesOf("fault", fault, faultWords, faults).reduce<unknown>(layered, {});
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  const before: readonly unknown[] = Array.isArray(file["drift"]) ? file["drift"] : [];
  const tree = layered(file, { ...given, labels, faults: troubles, ...(drifts.length === 0 ? {} : { drift: [...before, ...drifts] }) });
  const read = readScenario(tree);
  if (isFaulty(read)) faults.push(...read);
  if (faults.length > 0 || isFaulty(read)) return refuse(faults, path === undefined ? "flags" : drift.length + fault.length === 0 ? path : `${path} and flags`);
  return read;
}
