import { createHash } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { KedgeError, messageOf, type Sha256 } from "@kedge/core";
import { checkFrames, retrainCodes as codes, decodeLabelledFrames, encodeLabelledFrames, type LabelledFrames } from "../src/index.js";

const sha256Of = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;

function fault(action: string, path: string, reason: string, exit: string, cause?: unknown): KedgeError {
  return new KedgeError(codes.framesUnreadable, `${action} the labelled frames ${path} failed: ${reason}`, {
    hint: exit === "storage" ? "check that the file and its directory can be written and that the disk has room" : "write the frames again",
    context: { path, exit },
    cause,
  });
}

/** Writes labelled frames so that a reader sees all of them or none; they are on the disk when this settles. */
export async function writeLabelledFrames(path: string, frames: LabelledFrames): Promise<void> {
  const [wrong] = checkFrames(frames);
  if (wrong !== undefined) throw fault("writing", path, wrong, "usage");
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(encodeLabelledFrames(frames, sha256Of));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const directory = await open(dirname(path), "r");
    await directory.sync().finally(() => directory.close());
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fault("writing", path, messageOf(cause), "storage", cause);
  }
}

/** Reads labelled frames of up to `maxBytes` (1 GiB); KedgeError `retrain/frames-unreadable`. */
export async function readLabelledFrames(path: string, maxBytes: number = 1024 * 1024 * 1024): Promise<LabelledFrames> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new RangeError(`the file holds ${size} bytes, more than ${maxBytes}`);
    bytes = await readFile(path);
  } catch (cause) {
    throw fault("reading", path, messageOf(cause), "storage", cause);
  }
  const decoded = decodeLabelledFrames(bytes, sha256Of);
  if (decoded.kind === "rejected") throw fault("reading", path, decoded.message, "untrusted");
  return decoded.value;
}
