import { apiCodes } from "@kedge/api";
import type { Answer } from "../commands.js";

/** An answer that carries a value. */
export function done<T>(value: T): Answer<T> {
  return { kind: "done", value };
}

/** What was found, or that there is no such thing; `what` names it: `device cam-1`. */
export function found<T>(value: T | undefined, what: string): Answer<T> {
  return value === undefined ? { kind: "refused", reason: "not-found", code: apiCodes.notFound, message: `there is no ${what}` } : done(value);
}
