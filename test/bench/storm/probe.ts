// Loaded into the collector's process by --import: measures it from within, and cuts its connections when it is told to.
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What the probe is asked. */
export type ProbeAsk = "reset" | "measure" | "keepThese" | "cutOthers" | "collect";

/** What it has measured since the last `reset`. */
export interface ProbeAnswer {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Connections that were cut. */
  readonly cut: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
let cpu = process.cpuUsage();
const open = new Set<Socket>();
let kept = new Set<Socket>();
subscribe("net.server.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  open.add(socket);
  socket.once("close", () => {
    open.delete(socket);
    kept.delete(socket);
  });
});

function answerTo(ask: ProbeAsk): ProbeAnswer {
  let cut = 0;
  if (ask === "reset") {
    delay.reset();
    cpu = process.cpuUsage();
  } else if (ask === "keepThese") kept = new Set(open);
  else if (ask === "cutOthers") {
    for (const socket of open) {
      if (kept.has(socket)) continue;
      socket.destroy();
      cut += 1;
    }
  } else if (ask === "collect") (globalThis as { gc?: () => void }).gc?.();
  const spent = process.cpuUsage(cpu);
  const ms = (nanos: number): number => Number((nanos / 1e6).toFixed(1));
  return {
    cpuSeconds: (spent.user + spent.system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
    delayP50Ms: ms(delay.percentile(50)),
    delayP99Ms: ms(delay.percentile(99)),
    delayMaxMs: ms(delay.max),
    cut,
  };
}

process.on("message", (ask: ProbeAsk) => process.send?.(answerTo(ask)));
// The collector may end while it is measured; it does not outlive whoever measures it.
process.channel?.unref();
process.on("disconnect", () => process.exit(0));
