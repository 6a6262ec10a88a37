// Run as a process of its own for a part of the fleet: takes orders over the channel of `fork`, and tells its counts each second.
import { messageOf, silentLog } from "@kedge/core";
import { FleetPart } from "./fleet-part.js";
import type { PartOrder, PartWord } from "./part-messages.js";

let part: FleetPart | undefined;

function say(word: PartWord): void {
  // Without a channel the program is gone.
  if (process.connected) process.send?.(word);
}

function tellCounts(): void {
  if (part !== undefined) say({ kind: "counts", counts: part.counts() });
}

async function obey(order: PartOrder): Promise<void> {
  switch (order.kind) {
    case "open":
      part = new FleetPart(order.plan, { note: (text) => say({ kind: "note", text }), log: silentLog });
      say({ kind: "connecting" });
      setInterval(tellCounts, 1_000);
      return part.connect();
    case "begin":
      return part?.begin(order.startMs);
    case "end":
      return part?.end();
    case "stop":
      await part?.stop();
      tellCounts();
      say({ kind: "stopped" });
      process.disconnect();
  }
}

process.on("message", (order: PartOrder) => {
  obey(order).catch((error: unknown) => {
    process.stderr.write(`kedge simulate: a part of the fleet failed: ${messageOf(error)}\n`);
    process.exit(1);
  });
});
// Ctrl-C in a terminal reaches all of its processes; the program decides when this one ends.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());
