import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";

/**
 * When a process began, in words that no other process ever has: the boot of the machine and the time since. A process id alone says little: after
 * a power cut another program may have it, and a device that takes that for itself would never start again. `undefined` where the system does
 * not tell.
 */
async function beginOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([readFile("/proc/sys/kernel/random/boot_id", "utf8"), readFile(`/proc/${pid}/stat`, "utf8")]);
    // Fields are counted behind the name, which may hold anything; the 22nd is the time of the start.
    return `${boot.trim()}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The process that holds a lock, if it still runs. */
async function holderOf(path: string): Promise<number | undefined> {
  const [first = "", begin = ""] = (await readFile(path, "utf8").catch(() => "")).split("\n");
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  // A process that may not be looked at (`ProtectProc=invisible`) is of another user, and so no agent that this directory belongs to.
  if (begin !== "") return (await beginOf(pid)) === begin ? pid : undefined;
  return isAlive(pid) ? pid : undefined;
}

/**
 * Two agents in one state directory would number their windows alike. The lock names the process that holds it; one that was left behind by a
 * crash names a process that is gone, and is taken over. Throws `agent/state-in-use`, `agent/state-unwritable`.
 */
export async function lockState(stateDir: string): Promise<{ release(): Promise<void> }> {
  const path = join(stateDir, "agent.lock");
  const own = `${process.pid}\n${(await beginOf(process.pid)) ?? ""}\n`;
  for (;;) {
    try {
      await writeFile(path, own, { flag: "wx", mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        const hint = "Give the agent a directory that it may write (--state-dir).";
        throw new KedgeError("agent/state-unwritable", `locking the state directory ${stateDir} failed: ${messageOf(error)}`, {
          hint,
          context: { path, exit: "storage" },
          cause: error,
        });
      }
    }
    const holder = await holderOf(path);
    if (holder !== undefined) {
      throw new KedgeError("agent/state-in-use", `another agent (process ${holder}) uses the state directory ${stateDir}`, {
        hint: "End it, or give this one a directory of its own with --state-dir.",
        context: { path, exit: "storage" },
      });
    }
    await rm(path, { force: true });
  }
}
