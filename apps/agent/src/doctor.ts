import { constants } from "node:fs";
import { access, mkdir, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { connect } from "node:net";
import { messageOf } from "@kedge/core";
import { loadIdentity } from "@kedge/identity/adapters";
import { join } from "node:path";
import type { AgentConfig } from "./config.js";

/** One thing that the agent needs, and how it stands. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}

function reach(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5_000 });
    socket.once("connect", () => {
      socket.destroy();
      resolve(`${host}:${port} answers`);
    });
    socket.once("timeout", () => {
      socket.destroy();
      reject(new Error(`${host}:${port} does not answer within 5 s`));
    });
    socket.once("error", reject);
  });
}

function libc(): string {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? "no glibc (musl?)" : `glibc ${report.header.glibcVersionRuntime}`;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

/** Looks at everything the agent needs of its machine; never throws. */
export function examine(config: AgentConfig): Promise<Check[]> {
  const { stateDir } = config;
  const url = new URL(config.server);
  return Promise.all([
    check(
      "machine",
      async () => `${process.platform} ${process.arch}, ${process.platform === "linux" ? libc() : "no libc to check"}, node ${process.versions.node}`,
    ),
    check("model runtime", async () => {
      await import("onnxruntime-node");
      return "onnxruntime-node loads";
    }),
    check("state directory", async () => {
      await mkdir(stateDir, { recursive: true });
      await access(stateDir, constants.W_OK);
      return `${stateDir} can be written`;
    }),
    check("disk", async () => {
      const { bavail, bsize } = await statfs(stateDir);
      if (bavail * bsize < config.outbox.maxBytes + 64 * 1024 ** 2)
        throw new Error(`only ${mebibytes(bavail * bsize)} free; the outbox alone may take ${mebibytes(config.outbox.maxBytes)}`);
      return `${mebibytes(bavail * bsize)} free`;
    }),
    check("memory", async () => {
      if (freemem() < 64 * 1024 ** 2) throw new Error(`only ${mebibytes(freemem())} free`);
      return `${mebibytes(freemem())} free`;
    }),
    check("clock", async () => {
      if (Date.now() < Date.UTC(2026, 0, 1)) throw new Error(`it says ${new Date().toISOString()}: set it, or certificates cannot be checked`);
      return new Date().toISOString();
    }),
    check("identity", async () => {
      const identity = await loadIdentity(join(stateDir, "identity"));
      if (identity === undefined) return config.tokenFile === null ? Promise.reject(new Error("not enrolled, and no --token-file")) : "not enrolled yet";
      if (identity.notAfterMs < Date.now())
        throw new Error(`the certificate of ${identity.deviceId} expired on ${new Date(identity.notAfterMs).toISOString()}`);
      return `${identity.deviceId}, certificate until ${new Date(identity.notAfterMs).toISOString()}`;
    }),
    check("collector", () => reach(url.hostname, Number(url.port || 8883))),
  ]);
}
