import type { InputSchema } from "./input-schema.js";

/** One thing in which two schemas differ, by its path; `undefined`: it is not there. */
export interface SchemaChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

function wordChanges(path: string, before: readonly unknown[], after: readonly unknown[]): SchemaChange[] {
  const gone = before.filter((word) => !after.includes(word));
  const come = after.filter((word) => !before.includes(word));
  return [
    ...gone.map((word) => ({ path: `${path}[]`, before: word, after: undefined })),
    ...come.map((word) => ({ path: `${path}[]`, before: undefined, after: word })),
  ];
}

function changesAt(path: string, before: unknown, after: unknown): SchemaChange[] {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    if (path.endsWith(".domain")) return wordChanges(path, before, after);
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  if (!isTree(before) || !isTree(after)) return [{ path, before, after }];
  // A field of another type is another field.
  if (before["type"] !== after["type"]) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const of = (tree: Tree, key: string): unknown => (Object.hasOwn(tree, key) ? tree[key] : undefined);
  return keys.flatMap((key) => changesAt(path === "" ? key : `${path}.${key}`, of(before, key), of(after, key)));
}

/** What another schema asks for that this one does not, and the other way round: path by path, words of a domain one by one. */
export function compareSchemas(before: InputSchema, after: InputSchema): SchemaChange[] {
  return changesAt("", before, after);
}
