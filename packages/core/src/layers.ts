/** A tree of settings, as a file, the environment or flags give it. */
export type SettingsTree = { [key: string]: unknown };

function isTree(value: unknown): value is SettingsTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Characters of a settings file, and how deep it may nest: far beyond what anyone writes by hand. */
export const settingsLimits = { characters: 1_048_576, depth: 64 } as const;

/**
 * Why a text is no settings file (YAML), by its size and depth alone; `undefined` when it may be parsed. A parser that recurses runs out of stack some
 * thousand levels down, and V8 ends the whole process when it has to compile a regular expression there. Depth is counted from above:
 * indentation, dashes at the front of a line, and brackets that are open, quoted or not.
 */
export function settingsTextFault(text: string): string | undefined {
  if (text.length > settingsLimits.characters) return `has ${text.length} characters, more than ${settingsLimits.characters}`;
  let open = 0;
  for (const [i, line] of text.split("\n").entries()) {
    const front = /^[\s?:-]*/.exec(line)?.[0] ?? "";
    for (const c of line) {
      if (c === "[" || c === "{") open += 1;
      else if ((c === "]" || c === "}") && open > 0) open -= 1;
      if (open > settingsLimits.depth) return `nests deeper than ${settingsLimits.depth} levels in line ${i + 1}`;
    }
    if (front.length > 4 * settingsLimits.depth) return `nests deeper than ${settingsLimits.depth} levels in line ${i + 1}`;
  }
  return undefined;
}

/** `above` over `below`, key by key; lists are replaced whole, and an explicit `undefined` erases nothing. */
export function layered(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isTree(below) || !isTree(above)) return above;
  const out: SettingsTree = { ...below };
  for (const [key, value] of Object.entries(above)) out[key] = layered(Object.hasOwn(out, key) ? out[key] : undefined, value);
  return out;
}

/** Sets `path` in a tree, making the branches that are missing. */
export function setPath(tree: SettingsTree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const branch = Object.hasOwn(tree, key) ? tree[key] : undefined;
  const next: SettingsTree = isTree(branch) ? branch : {};
  tree[key] = next;
  setPath(next, rest, value);
}

/**
 * Settings from environment variables: with prefix `KEDGE_`, `KEDGE_HTTP_PORT` sets `http.port`. Names are matched to `known` (dotted keys)
 * without regard to case and underscores; a variable that matches none is set under its own name, so that the schema refuses it by name.
 */
export function fromEnvironment(
  prefix: string,
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
  read: (text: string) => unknown,
): SettingsTree {
  const tree: SettingsTree = {};
  const flat = (name: string): string => name.replaceAll(/[_.]/g, "").toLowerCase();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || text === undefined) continue;
    const key = known.find((k) => flat(k) === flat(name.slice(prefix.length)));
    setPath(tree, key === undefined ? [name] : key.split("."), read(text));
  }
  return tree;
}
