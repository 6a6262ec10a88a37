import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Clock, Log } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { alertChannelLaws, type ChannelFixture, type ChannelLab, type ReceiverMood } from "../src/contract.js";
import type { AlertChannel } from "../src/index.js";
import { type ChannelDeps, channelKinds, LogChannel, MqttChannel, newWebhookSecret, WebhookChannel } from "./index.js";

const clock: Clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0 };
const timeoutMs = 100;

function recordingLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const line = (fields: Readonly<Record<string, unknown>>, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
  return { log: { debug: line, info: line, warn: line, error: line }, lines };
}

/** A receiver of webhooks on loopback, in a mood. */
async function receiver(mood: ReceiverMood): Promise<{ readonly port: number; readonly ids: string[]; close(): Promise<void> }> {
  const ids: string[] = [];
  const sockets = new Set<Socket>();
  const answers: Readonly<Partial<Record<ReceiverMood, (request: IncomingMessage, response: ServerResponse) => void>>> = {
    takes: (request, response) => {
      ids.push(String(request.headers["webhook-id"]));
      response.writeHead(204).end();
    },
    breaks: (request) => request.socket.destroy(),
    refuses: (_request, response) => response.writeHead(500).end("whsec_ is not repeated"),
    "puts-off": (_request, response) => response.writeHead(429, { "retry-after": "7" }).end(),
    "has-gone": (_request, response) => response.writeHead(410).end(),
  };
  const server = createServer((request, response) => answers[mood]?.(request, response));
  server.on("connection", (socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, ids, close };
}

const labs: Readonly<Record<string, (mood: ReceiverMood) => Promise<ChannelFixture | undefined>>> = {
  webhook: async (mood) => {
    const at = await receiver(mood);
    const secret = newWebhookSecret();
    const url = `http://user:pass-word@127.0.0.1:${at.port}/hooks/token-in-path?key=token-in-query`;
    const channel = new WebhookChannel({ url, secrets: [secret], clock, allowPrivate: true, timeoutMs });
    return { channel, secrets: [secret.slice(6), "token-in", "pass-word"], logged: () => "", received: () => at.ids, end: at.close };
  },
  mqtt: async (mood) => {
    if (mood === "puts-off" || mood === "has-gone") return undefined;
    const ids: string[] = [];
    const publish: ChannelDeps["publish"] = async (_topic, payload) => {
      if (mood === "hangs") return await new Promise(() => {});
      if (mood !== "takes") throw new Error("no broker");
      const { data } = JSON.parse(Buffer.from(payload).toString("utf8")) as { data: { noticeId: string } };
      ids.push(`sub_1.${data.noticeId}`);
      return undefined;
    };
    return { channel: new MqttChannel({ publish, timeoutMs }), secrets: [], logged: () => "", received: () => ids, end: async () => {} };
  },
  log: async (mood) => {
    if (mood !== "takes") return undefined;
    const { log, lines } = recordingLog();
    const received = (): string[] => lines.map((line) => (JSON.parse(line) as { alert: string }).alert);
    return { channel: new LogChannel(log), secrets: [], logged: () => lines.join("\n"), received, end: async () => {} };
  },
};

describe.each(channelKinds.map((k) => k.kind))("the law of alert channels: %s", (kind) => {
  const lab: ChannelLab = { patienceMs: 10 * timeoutMs, open: async (mood) => await labs[kind]?.(mood) };

  test.each(alertChannelLaws)("$name", async (law) => {
    expect(labs[kind], "every kind has its lab").toBeDefined();
    await law.check(lab);
  });
});

test("every kind is made from a configuration that its schema accepts", async () => {
  const { log } = recordingLog();
  const deps: ChannelDeps = { clock, log, publish: async () => {}, secretsOf: () => [newWebhookSecret()], allowPrivate: false };
  const configs: Readonly<Record<string, unknown>> = {
    webhook: { kind: "webhook", url: "https://hooks.example/x", secretRef: "sub_1" },
    mqtt: { kind: "mqtt" },
    log: { kind: "log" },
  };
  for (const kind of channelKinds) {
    const create = kind.create as (config: unknown, deps: ChannelDeps) => AlertChannel;
    await create(kind.config.parse(configs[kind.kind]), deps).close();
    expect(kind.config.safeParse({ ...(configs[kind.kind] as object), extra: 1 }).success).toBe(false);
  }
  expect(channelKinds[0].config.safeParse({ kind: "webhook", url: "ftp://x/y", secretRef: "s" }).success).toBe(false);
});
