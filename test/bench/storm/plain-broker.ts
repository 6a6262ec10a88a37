// A process with the collector's broker behind a listener without TLS, as one for connections that are proven elsewhere would be.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultBrokerLimits, openFront } from "@kedge/collector";
import { silentLog } from "@kedge/core";
import { checkApiToken, createApiToken } from "@kedge/identity";
import { secretBytes, sha256 } from "@kedge/identity/adapters";
import { openAuthority } from "@kedge/identity/authority";

export interface PlainAnswer {
  readonly port: number;
  /** What everybody logs in by. */
  readonly token: string;
  readonly sessions: number;
  /** After everything that nobody holds was given back. */
  readonly rssBytes: number;
}

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const directory = mkdtempSync(join(tmpdir(), "kedge-plain-"));
const authority = await openAuthority(directory, { nowMs: clock.nowMs() });
rmSync(directory, { recursive: true });
const { text, record } = createApiToken("viewer", "bench", { nowMs: clock.nowMs(), random: Math.random, secretBytes, sha256, lifetimeMs: null });
const unknown = { kind: "denied", code: "identity/token-unknown", message: "not known" } as const;
const front = await openFront({
  limits: defaultBrokerLimits,
  access: {
    isRevoked: () => false,
    isMember: () => true,
    checkEnrolment: async () => unknown,
    checkApi: async (token) => checkApiToken(token, record, { nowMs: clock.nowMs(), sha256 }),
  },
  authority: authority.certificate,
  clock,
  log: silentLog,
});
const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) =>
  front.welcome(Object.assign(socket, { getPeerX509Certificate: () => undefined })),
);
server.listen(0, "127.0.0.1", 4_096, () => process.send?.(answer()));

function answer(): PlainAnswer {
  (globalThis as { gc?: () => void }).gc?.();
  const { port } = server.address() as AddressInfo;
  return { port, token: text, sessions: [...front.sessions.all()].filter((s) => s.isReady).length, rssBytes: process.memoryUsage.rss() };
}

process.on("message", () => process.send?.(answer()));
process.on("disconnect", () => process.exit(0));
