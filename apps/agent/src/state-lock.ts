import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Two agents in one state directory would number their windows alike. The lock names the process that holds it; one that was left behind by a
 * crash names a process that is gone, and is taken over. Throws `agent/state-in-use`.
 */
export async function lockState(stateDir: string): Promise<{ release(): Promise<void> }> {
  const path = join(stateDir, "agent.lock");
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(path, "utf8").catch(() => ""));
    if (Number.isInteger(holder) && holder > 0 && holder !== process.pid && isAlive(holder)) {
      throw new KedgeError("agent/state-in-use", `another agent (process ${holder}) uses the state directory ${stateDir}`, {
        hint: "End it, or give this one a directory of its own with --state-dir.",
        context: { path, exit: "storage" },
      });
    }
    await rm(path, { force: true });
  }
}
