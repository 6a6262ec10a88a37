import { KedgeError, messageOf } from "@kedge/core";
import { type StoreCode, storeCodes as codes } from "../../src/index.js";

/** Classes of SQLSTATE that mean something to us. Source: appendix A of PostgreSQL's manual. */
const byClass: readonly (readonly [RegExp, StoreCode])[] = [
  [/^53100$/, codes.diskFull],
  [/^XX/, codes.corrupt],
];

/** What passes by itself: connections lost, a server that starts or stops, too many connections, deadlocks, time-outs. */
const passing = /^(08|53|57P|40|55P03|57014)|^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/;

const hints: Readonly<Partial<Record<StoreCode, string>>> = {
  [codes.diskFull]: "Free space on the server's disk; nothing that was stored is harmed.",
  [codes.corrupt]: "Look into the server's log; restore the database from a backup.",
  [codes.unavailable]: "Check that the server runs and is reached from here, and that user, password and database are right.",
};

/** A fault of PostgreSQL, or of the way to it, as one of ours. */
export function postgresFault(error: unknown, doing: string, path: string): Error {
  if (error instanceof Error && (error.name === "KedgeError" || error.name === "InvariantError")) return error;
  const state = String((error as { code?: unknown } | null)?.code ?? "");
  const code = byClass.find(([pattern]) => pattern.test(state))?.[1] ?? codes.unavailable;
  const isPassing = passing.test(state) || /terminated|timeout|closed|ended/i.test(messageOf(error));
  return new KedgeError(code, `${doing} failed: ${messageOf(error)}`, {
    hint: hints[code] ?? "",
    context: { path, exit: "storage" },
    retryable: isPassing,
    cause: error,
  });
}
