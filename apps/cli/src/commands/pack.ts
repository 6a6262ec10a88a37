import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { KedgeError } from "@kedge/core";
import { type Signer, packBundle } from "@kedge/registry";
import { createKeyFiles, readSigner, sha256, writeBundleDirectory } from "@kedge/registry/adapters";
import { type Command, Option } from "commander";
import type { Runner } from "../action.js";
import { labelsArgument, metricsArgument, numberArgument, wholeArgument, wordsArgument } from "../arguments.js";
import { readBytes } from "../context/files.js";
import { cliCodes } from "../errors.js";
import { byteSize, plain } from "../output/plain.js";
import { fields, printLines } from "../output/print.js";
import type { ReferenceWishes } from "../pack/judge-reference.js";
import type { Session } from "../session.js";
import { defaultSigningKey } from "./keys.js";

interface PackOptions extends Omit<ReferenceWishes, "modelPath" | "task"> {
  readonly model: string;
  readonly name: string;
  readonly version: string;
  readonly task: ReferenceWishes["task"];
  readonly out?: string;
  readonly label?: Record<string, string>;
  readonly metric?: Record<string, number>;
  readonly securityCounter: number;
  readonly signingKey?: string;
}

/** The key that was named, or the user's own, made when it is first needed. */
async function signerOf(session: Session, named: string | undefined): Promise<{ readonly signer: Signer; readonly path: string }> {
  const path = named ?? session.io.env["KEDGE_SIGNING_KEY"] ?? defaultSigningKey(session.io);
  if (named === undefined && !session.io.env["KEDGE_SIGNING_KEY"] && !existsSync(path)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      throw new KedgeError(cliCodes.unwritable, `making a place for the signing key ${path} failed`, {
        hint: "Name a key with --signing-key FILE.",
        context: { exit: "storage", path },
        cause,
      });
    });
    await createKeyFiles(path);
    session.say(`made your signing key ${path}; an admin has it trusted with: kedge key trust ${path}.pub`);
  }
  return { signer: await readSigner(path), path };
}

async function pack(session: Session, o: PackOptions): Promise<undefined> {
  const out = resolve(o.out ?? `${o.name}-${o.version}.bundle`);
  if (existsSync(out)) {
    throw new KedgeError(cliCodes.usage, `there is something at ${out} already`, {
      hint: "Name another place with --out, or remove it.",
      context: { exit: "conflict", path: out },
    });
  }
  const model = await readBytes(o.model, "the model", "Name an ONNX file: --model FILE");
  // Loaded here alone: the other commands need no inference runtime, and start in half the time.
  const { judgeReference } = await import("../pack/judge-reference.js");
  const judged = await judgeReference(model, { ...o, modelPath: o.model }, session.io.clock);
  if (judged.rejected > 0) session.say(`warning: ${judged.rejected} of ${judged.rejected + judged.rows} rows were left out: ${judged.firstRejection}`);
  const { signer, path } = await signerOf(session, o.signingKey);
  const bundle = await packBundle(
    {
      name: o.name,
      version: o.version,
      createdAtMs: session.nowMs,
      securityCounter: o.securityCounter,
      signature: judged.signature,
      preprocessing: judged.preprocessing,
      model,
      reference: judged.reference,
      golden: judged.golden,
      metrics: o.metric ?? {},
      labels: o.label ?? {},
    },
    signer,
    sha256,
  );
  await writeBundleDirectory(out, bundle);
  const { digest, manifest } = bundle;
  const bytes = Object.values(manifest.files).reduce((n, f) => n + f.bytes, 0);
  printLines(
    session,
    { path: out, digest, name: manifest.name, version: manifest.version, rows: judged.rows, features: judged.features, signedBy: signer.keyId },
    [
      `${plain(manifest.name)}@${plain(manifest.version)} packed into ${plain(out)}`,
      ...fields([
        ["digest", digest],
        ["size", byteSize(bytes)],
        ["reference", `${judged.rows} rows, features ${judged.features.join(", ")}`],
        ["golden", `${judged.golden.cases.length} cases, tolerance ${judged.golden.tolerance}`],
        ["signed by", `${signer.keyId.slice(0, 16)} (${path})`],
      ]),
    ],
  );
  session.say(`push it with: kedge model push ${out}`);
  return undefined;
}

/** `kedge model pack` */
export function addPack(model: Command, runner: Runner): void {
  model
    .command("pack")
    .description("make a signed bundle of an ONNX model: what it takes and gives, what is normal, what it must answer")
    .requiredOption("--model <file>", "the model (ONNX)")
    .requiredOption("--name <name>", "what it is called")
    .requiredOption("--version <version>", "which version of it")
    .requiredOption("--reference <file>", "readings that it was not trained on: .ndjson, .csv or IDX (.gz)")
    .option("--out <directory>", "where to; NAME-VERSION.bundle when left out")
    .addOption(new Option("--task <task>", "what its output means").choices(["classification", "regression", "anomaly"]).default("classification"))
    .option("--classes <names>", "names of the classes in order: a,b,c or @file", wordsArgument)
    .addOption(new Option("--activation <kind>", "what its scores are").choices(["probabilities", "logits"]).default("probabilities"))
    .option("--output-name <output>", "the output that the task reads, when there are several")
    .option("--preprocess <file>", "how readings become inputs (YAML); when left out, readings have the model's inputs as they are")
    .option("--image <size>", "the reading is an image of WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS; known by itself for raw tensors of that shape")
    .option("--thumbnail <side>", "sketch the image at SIDExSIDE as one vector too: what its statistics do not see (try 8)", wholeArgument(1, 32))
    .option("--rows <n>", "use at most so many readings", wholeArgument(1, 1_000_000), 20_000)
    .option("--golden <n>", "readings whose outputs devices must reproduce before they switch", wholeArgument(1, 256), 16)
    .option("--tolerance <number>", "how far such an output may be off", numberArgument, 1e-4)
    .option("--label <key=value>", "a label of the bundle (repeat)", labelsArgument)
    .option("--metric <name=number>", "a measured quality of the bundle (repeat)", metricsArgument)
    .option("--security-counter <n>", "raise it when older bundles must never run again", wholeArgument(0), 0)
    .option("--signing-key <file>", "the private key to sign with (KEDGE_SIGNING_KEY); your own, made when first needed")
    .action(runner.does<PackOptions>((session, options) => pack(session, options)));
}
