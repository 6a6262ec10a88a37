import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasProgram } from "../../support/services.js";

/** libfaketime's library, wherever this machine's Debian has it. */
function libraryOf(): string {
  const top = "/usr/lib";
  const folders = existsSync(top) ? readdirSync(top) : [];
  return folders.map((folder) => join(top, folder, "faketime", "libfaketimeMT.so.1")).find((path) => existsSync(path)) ?? join(top, "libfaketimeMT.so.1");
}

export const canSetClocks = (): boolean => hasProgram(libraryOf(), "libfaketime");

/** The wall clock of a process of ours, as its battery or its administrator would set it; time since a start goes on as it does. */
export class WallClock {
  readonly folder = mkdtempSync(join(tmpdir(), "kedge-wall-"));

  constructor(nowMs?: number) {
    this.set(nowMs);
  }

  /** Sets it, now; to nothing: to the true time. */
  set(nowMs?: number): void {
    const offset = nowMs === undefined ? 0 : Math.round((nowMs - Date.now()) / 1_000);
    writeFileSync(join(this.folder, "time"), `${offset < 0 ? "" : "+"}${offset}\n`);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: libraryOf(),
      FAKETIME_TIMESTAMP_FILE: join(this.folder, "time"),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DONT_RESET: "1",
      NO_FAKE_STAT: "1",
    };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
