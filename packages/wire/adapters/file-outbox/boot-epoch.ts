import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { wireErrors } from "../../src/index.js";
import { readTextIfThere, replaceFile } from "./durable-files.js";

/**
 * The boot epoch of this start, durable before it is used: one more than the last one used here, by the file or by
 * the records themselves, should the file be damaged or gone; `first` where there was none.
 */
export async function startEpoch(folder: string, known: { readonly inRecords: number; readonly first: number }): Promise<number> {
  const path = join(folder, "boot-epoch");
  const text = await readTextIfThere(path);
  const last = Math.max(/^\d{1,10}\n$/.test(text ?? "") ? Number(text) : 0, known.inRecords);
  const epoch = last === 0 ? known.first : last + 1;
  if (epoch > 0xffff_ffff) {
    throw new KedgeError(wireErrors.outboxUnreadable, `starting an outbox in ${folder}: its boot epoch ${last} is the last there can be`, {
      hint: "remove the folder: what it holds is lost, and the device must be enrolled anew",
      context: { exit: "storage", folder },
    });
  }
  await replaceFile(path, `${epoch}\n`);
  return epoch;
}
