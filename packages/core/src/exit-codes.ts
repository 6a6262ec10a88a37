import { KedgeError } from "./errors.js";

/** Exit codes of every Kedge program. Scripts depend on them: append, never renumber. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  conflict: 5,
  timeout: 6,
  rolledBack: 7,
  drift: 8,
  /** The configuration was refused. */
  config: 9,
  /** An address or port cannot be used. */
  address: 10,
  /** A state directory or file cannot be read or written. */
  storage: 11,
  /** A digest or signature does not match. */
  untrusted: 12,
} as const;

/** The name of an exit code. */
export type ExitCodeName = keyof typeof exitCodes;

const byReason: Readonly<Record<string, ExitCodeName>> = {
  usage: "usage",
  "not-found": "notFound",
  auth: "auth",
  conflict: "conflict",
  timeout: "timeout",
  config: "config",
  address: "address",
  storage: "storage",
  untrusted: "untrusted",
};

/** The exit code that a fault ends a program with: by `context.exit` (an {@link ExitCodeName} reason word), else 1. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof KedgeError)) return exitCodes.error;
  const reason = error.context["exit"];
  const name = typeof reason === "string" ? byReason[reason] : undefined;
  return exitCodes[name ?? "error"];
}
