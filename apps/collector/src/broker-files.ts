import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { collectorName } from "@kedge/identity";
import { openAuthority } from "@kedge/identity/authority";

/** What is written, and what each is for. */
export interface BrokerFile {
  readonly path: string;
  readonly purpose: string;
}

/**
 * Writes what an external broker and those who look after it need, signed by the collector's own authority (which is made if
 * there is none): the authority, a server's key and certificate for `names`, a client's for the collector. Replaces nothing.
 * Throws `collector/broker-files` (exit: storage).
 */
export async function writeBrokerFiles(dataDir: string, directory: string, names: readonly string[], nowMs: number): Promise<BrokerFile[]> {
  const authority = await openAuthority(join(dataDir, "authority"), { nowMs });
  const server = await authority.brokerCredentials(names, nowMs);
  const client = await authority.collectorCredentials(nowMs);
  const files = [
    { name: "ca.pem", text: authority.certificatePem, mode: 0o644, purpose: "whose clients the broker lets in, and who vouches for the broker" },
    { name: "server.pem", text: server.chainPem, mode: 0o644, purpose: `the broker's certificate, for ${names.join(", ")}` },
    { name: "server.key", text: server.keyPem, mode: 0o600, purpose: "its key" },
    { name: "collector.pem", text: client.certificatePem, mode: 0o644, purpose: `a certificate of ${collectorName}, for kedge broker probe` },
    { name: "collector.key", text: client.keyPem, mode: 0o600, purpose: "its key" },
  ];
  const standing = files.find(({ name }) => existsSync(join(directory, name)));
  if (standing !== undefined) throw fault(directory, `${standing.name} is there already`, "Give an empty directory, or move the old files away first.");
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    for (const { name, text, mode } of files) {
      const path = join(directory, name);
      await writeFile(path, text, { mode, flag: "wx" });
      await chmod(path, mode);
    }
  } catch (error) {
    throw fault(directory, messageOf(error), "Give a directory that you may write.");
  }
  return files.map(({ name, purpose }) => ({ path: join(directory, name), purpose }));
}

function fault(directory: string, why: string, hint: string): KedgeError {
  return new KedgeError("collector/broker-files", `writing the broker's files to ${directory} failed: ${why}`, { hint, context: { exit: "storage" } });
}
