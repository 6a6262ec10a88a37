import { KedgeError, messageOf } from "@kedge/core";
import { storeCodes } from "../../src/index.js";

/** A fault of InfluxDB, or of the way to it, as one of ours: what was not acknowledged is sent again, which changes nothing. */
export function influxFault(error: unknown, doing: string, path: string): Error {
  if (error instanceof KedgeError || (error instanceof Error && error.name === "InvariantError")) return error;
  const message = messageOf(error);
  const isFull = /no space left|disk full/i.test(message);
  return new KedgeError(isFull ? storeCodes.diskFull : storeCodes.unavailable, `${doing} failed: ${message}`, {
    hint: isFull
      ? "Free space on the server's disk; nothing that was stored is harmed."
      : "Check that the server runs, is reached from here, and takes this user.",
    context: { path, exit: "storage" },
    retryable: true,
    cause: error,
  });
}
