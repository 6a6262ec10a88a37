/** What a device is: `site=oslo`, `model=cam2`. Keys `[a-z][a-z0-9_.-]{0,62}`, values `[A-Za-z0-9_.-]{0,63}`. */
export type Labels = Readonly<Record<string, string>>;

/** One condition of a selector. */
export type Requirement =
  | { readonly key: string; readonly op: "in"; readonly values: readonly string[] }
  | { readonly key: string; readonly op: "notin"; readonly values: readonly string[] }
  | { readonly key: string; readonly op: "exists" }
  | { readonly key: string; readonly op: "absent" };

/** All conditions must hold; the empty selector matches everything. */
export type Selector = readonly Requirement[];

const keyPattern = /^[a-z][a-z0-9_.-]{0,62}$/;
const valuePattern = /^[A-Za-z0-9_.-]{0,63}$/;

/** Whether `key` may name a label. */
export function isLabelKey(key: string): boolean {
  return keyPattern.test(key);
}

/** Whether `value` may be a label's value. */
export function isLabelValue(value: string): boolean {
  return valuePattern.test(value);
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (c === "(") depth += 1;
    else if (c === ")") depth -= 1;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((p) => p.trim()).filter((p) => p !== "");
}

function parseRequirement(part: string): Requirement | undefined {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set !== null) {
    const values = (set[3] ?? "").split(",").map((v) => v.trim());
    return { key: set[1] ?? "", op: set[2] === "in" ? "in" : "notin", values };
  }
  const equal = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(part);
  if (equal !== null) return { key: equal[1] ?? "", op: equal[2] === "!=" ? "notin" : "in", values: [equal[3] ?? ""] };
  return part.startsWith("!") ? { key: part.slice(1), op: "absent" } : { key: part, op: "exists" };
}

/** Reads `site=oslo,env!=test,zone in (a,b),!retired`; a string says what is wrong. Syntax: Kubernetes label selectors. */
export function parseSelector(text: string): Selector | string {
  const out: Requirement[] = [];
  for (const part of splitTopLevel(text)) {
    const requirement = parseRequirement(part);
    if (requirement === undefined || !keyPattern.test(requirement.key)) return `"${part}" is no label condition such as site=oslo`;
    if ("values" in requirement && !requirement.values.every((v) => valuePattern.test(v))) return `"${part}" has a value that no label can have`;
    out.push(requirement);
  }
  return out;
}

/** The selector as text; {@link parseSelector} reads it back. */
export function formatSelector(selector: Selector): string {
  return selector
    .map((r) => {
      if (r.op === "exists") return r.key;
      if (r.op === "absent") return `!${r.key}`;
      if (r.values.length === 1) return `${r.key}${r.op === "in" ? "=" : "!="}${r.values[0] ?? ""}`;
      return `${r.key} ${r.op} (${r.values.join(",")})`;
    })
    .join(",");
}

/** Whether the labels meet every condition. As in Kubernetes, `!=` and `notin` also match where the key is absent. */
export function matchesSelector(selector: Selector, labels: Labels): boolean {
  return selector.every((r) => {
    const value = Object.hasOwn(labels, r.key) ? labels[r.key] : undefined;
    if (r.op === "exists") return value !== undefined;
    if (r.op === "absent") return value === undefined;
    if (r.op === "in") return value !== undefined && r.values.includes(value);
    return value === undefined || !r.values.includes(value);
  });
}
