import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { KedgeError, type Log } from "@kedge/core";
import type { DevicePlan } from "../device/virtual-device.js";
import { simulatorCodes } from "../errors.js";
import { FleetPart, type PartPlan } from "./fleet-part.js";
import { type PartCounts, sumOfParts } from "./part-counts.js";
import type { PartOrder, PartWord } from "./part-messages.js";

/** A fleet at work, in one process or several. */
export interface Fleet {
  /** Windows begin at this time of the wall clock. */
  begin(startMs: number): void;
  /** No more windows; what waits is still sent. */
  end(): void;
  counts(): PartCounts;
  stop(): Promise<void>;
}

/** Who is told of what. */
export interface FleetEvents {
  readonly note: (text: string) => void;
  /** A process of the fleet ended by itself: nothing that it would say is known any more. */
  readonly onBroken: (error: KedgeError) => void;
  readonly log: Log;
}

const nothing: PartCounts = sumOfParts([]);

/** A part in a process of its own. */
class RemotePart {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #counts = nothing;
  #isStopping = false;

  constructor(plan: PartPlan, events: FleetEvents) {
    // Node runs no TypeScript: tests on the sources take the program from the build.
    const program = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../dist/fleet/part-process.js" : "./part-process.js", import.meta.url));
    this.#child = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"], serialization: "advanced" });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (word: PartWord) => {
      if (word.kind === "counts") this.#counts = word.counts;
      else if (word.kind === "note") events.note(word.text);
    });
    this.#child.once("exit", (code, signal) => {
      if (!this.#isStopping)
        events.onBroken(
          new KedgeError(simulatorCodes.partEnded, `a process of the fleet ended (${signal ?? `exit code ${code}`})`, {
            hint: "Simulate fewer devices in each process: --processes.",
          }),
        );
    });
    this.order({ kind: "open", plan });
  }

  order(order: PartOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  counts(): PartCounts {
    return this.#counts;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.order({ kind: "stop" });
    await this.#ended;
  }
}

/** Starts the devices, every n-th of them in each of n processes; with one, in this one. */
export function startFleet(
  plan: Omit<PartPlan, "devices"> & { readonly devices: readonly DevicePlan[]; readonly processes: number },
  events: FleetEvents,
): Fleet {
  const { scenario, server, devices, processes } = plan;
  if (processes === 1) {
    const part = new FleetPart({ scenario, server, devices }, events);
    part.connect().catch((error: unknown) => events.onBroken(new KedgeError(simulatorCodes.partEnded, "the devices could not be started", { cause: error })));
    return part;
  }
  const share = (n: number): readonly DevicePlan[] => devices.filter((_, i) => i % processes === n);
  const parts = Array.from({ length: processes }, (_, n) => new RemotePart({ scenario, server, devices: share(n) }, events));
  return {
    begin(startMs) {
      for (const part of parts) part.order({ kind: "begin", startMs });
    },
    end() {
      for (const part of parts) part.order({ kind: "end" });
    },
    counts: () => sumOfParts(parts.map((part) => part.counts())),
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
