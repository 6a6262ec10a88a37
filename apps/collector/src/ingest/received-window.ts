import type { ReceivedWindow } from "@kedge/store";
import type { ReadWindow } from "@kedge/wire";

/** What is stored of a window: its message, unless it was placed at another time than its message says, so that it must be encoded anew. */
export function receivedWindow(read: ReadWindow, placed: ReadWindow, message: Uint8Array): ReceivedWindow {
  const { key, startMs, endMs, bundleDigest, trigger, profile } = placed;
  if (placed !== read) return { ...placed, profile: profile.toProfile() };
  return { key, startMs, endMs, bundleDigest, trigger, rows: profile.rows, errors: profile.errors, encoded: message };
}
