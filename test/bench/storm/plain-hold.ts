import { fork } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PlainAnswer } from "./plain-broker.js";
import type { PlainAsk, PlainClientsAnswer } from "./plain-clients.js";
import { Asked } from "./program.js";

/** What connections without TLS cost the process that holds them. */
export interface HoldFigures {
  readonly connections: number;
  readonly kibPerConnection: number;
  readonly seconds: number;
  /** Of a hundred that were asked while all were held, the share that answered. */
  readonly answered: number;
  readonly peakRssMiB: number;
}

const pathOf = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** Has one process hold so many plain connections of another: each logged in and with three subscriptions. */
export async function holdPlain(count: number): Promise<HoldFigures> {
  const child = fork(pathOf("plain-broker"), { execArgv: ["--expose-gc"] });
  const broker = new Asked<"look", PlainAnswer>(child);
  const clients = new Asked<PlainAsk, PlainClientsAnswer>(fork(pathOf("plain-clients")));
  try {
    await new Promise((resolve) => child.once("message", resolve));
    const empty = await broker.ask("look");
    const { port, token } = empty;
    const began = performance.now();
    const { open } = await clients.ask({ kind: "open", port, token, count });
    const seconds = (performance.now() - began) / 1_000;
    await pause(1_000);
    const { answered } = await clients.ask({ kind: "ping", port, token, count: 100 });
    const full = await broker.ask("look");
    if (open !== count || full.sessions !== count) throw new Error(`of ${count} connections ${open} are open, and ${full.sessions} known to the broker`);
    const kibPerConnection = Number(((full.rssBytes - empty.rssBytes) / 1_024 / count).toFixed(1));
    return { connections: count, kibPerConnection, seconds: Number(seconds.toFixed(1)), answered, peakRssMiB: broker.peakRssMiB() };
  } finally {
    await clients.end("SIGKILL");
    await broker.end("SIGKILL");
  }
}
