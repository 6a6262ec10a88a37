import { type exitCodes, exitCodeOf, KedgeError, messageOf } from "@kedge/core";
import type { Io } from "../io.js";
import { paintFor } from "./paint.js";
import { plain } from "./plain.js";

/** What is known about the run when it failed. */
export interface ErrorFrame {
  readonly isJson: boolean;
  readonly isColourAllowed: boolean;
  /** The collector that was talked to. */
  readonly where: string | undefined;
}

/** Says what failed, where, and what to do, on standard error; gives the exit code. */
export function printError(io: Io, error: unknown, frame: ErrorFrame): (typeof exitCodes)[keyof typeof exitCodes] | number {
  const exit = exitCodeOf(error);
  const known = error instanceof KedgeError ? error : undefined;
  const path = known?.context["path"];
  const where = typeof path === "string" ? path : frame.where;
  if (frame.isJson) {
    const { code = "cli/unexpected", hint = "" } = known ?? {};
    io.stderr.write(`${JSON.stringify({ error: { code, message: messageOf(error), where: where ?? null, hint, exit } })}\n`);
    return exit;
  }
  const paint = paintFor(io, io.stderr.isTerminal, frame.isColourAllowed);
  const lines = [`${paint("bad", "error:")} ${plain(messageOf(error))}`];
  if (where !== undefined && !messageOf(error).includes(where)) lines.push(`${paint("faint", "where:")} ${plain(where)}`);
  if (known?.hint !== undefined) lines.push(`${paint("faint", "what to do:")} ${plain(known.hint)}`);
  if (known !== undefined) lines.push(`${paint("faint", "code:")} ${known.code}`);
  else if (error instanceof Error && io.env["KEDGE_DEBUG"]) lines.push(error.stack ?? "");
  io.stderr.write(`${lines.join("\n")}\n`);
  return exit;
}
