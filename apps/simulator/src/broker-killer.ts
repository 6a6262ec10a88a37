import { type ChildProcess, execFile, spawn } from "node:child_process";
import { KedgeError, messageOf } from "@kedge/core";
import { simulatorCodes } from "./errors.js";
import type { Faults } from "./scenario/scenario.js";

type Kill = NonNullable<Faults["brokerKill"]>;

/** Kills a broker every so often: one that somebody else restarts, or one that it runs itself. */
export class BrokerKiller {
  readonly #kill: Kill;
  readonly #say: (text: string) => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  kills = 0;

  constructor(kill: Kill, say: (text: string) => void) {
    this.#kill = kill;
    this.#say = say;
  }

  /** Starts the broker, where it is the simulator's own. */
  open(): void {
    const [program, ...args] = this.#kill.command ?? [];
    if (program === undefined) return;
    const child = spawn(program, args, { stdio: "ignore" });
    child.once("error", (error) => this.#say(`the broker ${program} could not be started: ${error.message}`));
    this.#child = child;
  }

  /** Kills from now on. */
  begin(): void {
    this.#timer = setInterval(() => this.#strike(), this.#kill.every);
  }

  #strike(): void {
    const { pid, unit, downFor } = this.#kill;
    this.kills += 1;
    if (pid !== undefined) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        this.#say(`killing process ${pid} failed: ${messageOf(error)}`);
      }
    } else if (unit !== undefined) {
      execFile("systemctl", ["kill", "--signal=SIGKILL", unit], (error) => {
        if (error !== null) this.#say(`killing ${unit} failed: ${error.message.split("\n")[0] ?? ""}`);
      });
    } else {
      this.#child?.kill("SIGKILL");
      setTimeout(() => {
        if (!this.#isStopped) this.open();
      }, downFor);
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Ends a broker of its own. */
  stop(): void {
    this.end();
    this.#isStopped = true;
    this.#child?.kill("SIGTERM");
  }
}

/** A broker that is killed is one that the simulator can reach. */
export function refuseForeignBroker({ pid }: Kill): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    throw new KedgeError(simulatorCodes.scenario, `there is no process ${pid} to kill, or it is not yours`, {
      hint: "Give the broker's process id.",
      context: { exit: "usage" },
      cause,
    });
  }
}
