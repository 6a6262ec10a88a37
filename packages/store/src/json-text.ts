import { InvariantError } from "@kedge/core";

function refuse(what: string, path: string, found: string): never {
  throw new InvariantError(`${what} cannot be stored: ${path === "" ? "it" : path.slice(1)} is ${found}, which JSON cannot carry`);
}

function checkPlain(value: unknown, what: string, path: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) refuse(what, path, String(value));
    return;
  }
  if (typeof value !== "object") refuse(what, path, value === undefined ? "undefined" : `a ${typeof value}`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) checkPlain(value[i], what, `${path}.${i}`);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse(what, path, `a ${(value as object).constructor.name}`);
  for (const [key, member] of Object.entries(value)) if (member !== undefined) checkPlain(member, what, `${path}.${key}`);
}

/**
 * The JSON text of a value that comes back deep-equal (members that are `undefined` stay away). What would come back as
 * something else (NaN, a Map, bytes, a Date) is refused with an InvariantError that names the place: found at the first
 * save, and not when a restart reads it back.
 */
export function jsonText(value: unknown, what: string): string {
  checkPlain(value, what, "");
  return JSON.stringify(value);
}
