import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What stands at a path of the settings, in few words. */
function foundAt(tree: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), tree);
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** How many letters must be changed, put in or left out to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

function unknownKey(path: string, known: readonly string[]): string {
  const nearest = known.map((key) => ({ key, far: distance(path.toLowerCase(), key.toLowerCase()) })).sort((a, b) => a.far - b.far)[0];
  const meant = nearest !== undefined && nearest.far <= 3 ? `; did you mean ${nearest.key}?` : "";
  return `${path}: there is no such key${meant}`;
}

/** A fault of the settings as lines `key: what was expected; found what`. `known` are all keys, dotted. */
export function faultLines(issues: readonly Issue[], tree: unknown, known: readonly string[]): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...issue.path, key].join("."), known));
    const missing = issue.code === "invalid_type" && foundAt(tree, issue.path) === "nothing" ? "it must be given" : issue.message;
    return [`${issue.path.join(".") || "(top)"}: ${missing}; found ${foundAt(tree, issue.path)}`];
  });
}
