// Run as a process of its own: `node self-test-worker.js BUNDLE_DIRECTORY`. A model that hangs, crashes or eats the memory does so here.
// Its last line on standard output is {"ok":true} or {"ok":false,"message":…}; the exit code is 0 or 1.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@kedge/core";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { compareGolden, parseEnvelope, parseGolden, peekManifest } from "@kedge/registry";

async function selfTest(directory: string): Promise<string | undefined> {
  const envelope = parseEnvelope(await readFile(join(directory, "manifest.json")));
  const parsed = envelope.kind === "parsed" ? peekManifest(envelope.envelope) : envelope;
  if (parsed.kind === "rejected") return parsed.message;
  const { manifest } = parsed;
  const golden = parseGolden(await readFile(join(directory, "files", manifest.files.golden.path)));
  if (golden.kind === "rejected") return golden.message;
  const model = await new OnnxruntimeNodeRuntime().load(await readFile(join(directory, "files", manifest.files.model.path)), manifest.signature);
  for (const [index, expected] of golden.golden.cases.entries()) {
    const compared = compareGolden(expected, await model.run(expected.inputs), golden.golden.tolerance);
    if (compared.kind === "mismatch") return `golden case ${index}: ${compared.message}`;
  }
  return undefined;
}

let message: string | undefined;
try {
  message = await selfTest(process.argv[2] ?? "");
} catch (error) {
  message = messageOf(error);
}
process.stdout.write(`${JSON.stringify(message === undefined ? { ok: true } : { ok: false, message })}\n`);
process.exitCode = message === undefined ? 0 : 1;
