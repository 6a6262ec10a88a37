import { KedgeError } from "@kedge/core";
import { type Fence, storeCodes } from "../../src/index.js";

/** What is told of something that was refused because its lease has moved on. */
export function fencedFault(doing: string, fences: readonly Fence[]): KedgeError {
  const names = fences.map(({ name }) => name);
  return new KedgeError(storeCodes.fenced, `${doing} failed: of the leases ${names.slice(0, 8).join(", ")} one or more have gone to another collector`, {
    hint: "Nothing need be done: its new holder goes on, and devices send again what was not acknowledged.",
    retryable: true,
  });
}
