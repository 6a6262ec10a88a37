import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of a few MiB, of its own. */
export interface SmallDisk {
  readonly path: string;
  /** Fills it to the last byte. */
  fill(): void;
  /** Makes the room again that was filled. */
  free(): void;
  close(): void;
}

function mount(mib: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "kedge-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "kedge-fault", path], { stdio: "ignore" });
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

/** Whether this process may mount file systems. Where not, tests are skipped with a line; with KEDGE_REQUIRE_SERVICES=1 that is a failure. */
export function canMount(): boolean {
  const path = mount(1);
  if (path !== undefined) {
    unmount(path);
    return true;
  }
  if (process.env["KEDGE_REQUIRE_SERVICES"] === "1") throw new Error("mounting a tmpfs is required by KEDGE_REQUIRE_SERVICES=1, and is not allowed here");
  process.stderr.write("fault/disk-full: skipped, no file system can be mounted here (run as root)\n");
  return false;
}

function unmount(path: string): void {
  // Lazily: a process that was killed may still be on its way out.
  execFileSync("umount", ["-l", path], { stdio: "ignore" });
  rmSync(path, { recursive: true, force: true });
}

/** Writes zeros until nothing more fits. */
function writeAll(file: number): void {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    const bytes = Buffer.alloc(size);
    try {
      for (;;) if (writeSync(file, bytes) < size) break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

export function openSmallDisk(mib: number): SmallDisk {
  const path = mount(mib);
  if (path === undefined) throw new Error("no file system can be mounted here");
  const ballast = join(path, "ballast");
  return {
    path,
    fill() {
      const file = openSync(ballast, "a");
      writeAll(file);
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    close: () => unmount(path),
  };
}
