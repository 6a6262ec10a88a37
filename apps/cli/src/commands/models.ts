import type { KedgeClient, Model, ModelDetail, TrustedKey as ApiKey } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import { type BundleFile, type TrustedKey, verifyManifest } from "@kedge/registry";
import { type BundleDirectory, readBundleDirectory, readTrustedKey, sha256, trustedKeyFromPem, verifyEd25519 } from "@kedge/registry/adapters";
import type { Command } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { listArgument, wholeArgument } from "../arguments.js";
import { byteSize, figure, labelText, moment, plain, shortDigest } from "../output/plain.js";
import { fields, printLines, printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";
import { addPack } from "./pack.js";

const metricText = (m: Model): string =>
  Object.entries(m.metrics)
    .map(([k, v]) => `${k} ${figure(v)}`)
    .join(", ") || "-";

const view: View<Model> = {
  name: (m) => `${m.name}@${m.version}`,
  columns: [
    { title: "MODEL", value: (m) => `${m.name}@${m.version}` },
    { title: "DIGEST", value: (m) => shortDigest(m.digest) },
    { title: "ALIASES", value: (m) => m.aliases.join(",") },
    { title: "RUN BY", value: (m) => String(m.devices), isNumber: true },
    { title: "SIZE", value: (m) => byteSize(m.bytes), isNumber: true },
    { title: "METRICS", value: metricText },
    { title: "REGISTERED", value: (m) => moment(m.registeredAtMs) },
    { title: "SIGNED BY", value: (m) => m.signedBy.map((k) => k.slice(0, 8)).join(","), isWide: true },
    { title: "FROM", value: (m) => m.lineage.incidentId ?? m.lineage.trainer ?? "-", isWide: true },
  ],
};

const shape = (t: { readonly name: string; readonly type: string; readonly dims: readonly number[] }): string =>
  `${t.name} ${t.type} [${t.dims.map((d) => (d === -1 ? "any" : d)).join(", ")}]`;

const detailView: View<ModelDetail> = {
  ...view,
  detail: (m) =>
    fields([
      ["model", `${m.name}@${m.version}`],
      ["digest", m.digest],
      ["aliases", m.aliases.join(", ") || "-"],
      ["task", `${m.task.kind}${m.task.classes === undefined ? "" : `: ${m.task.classes.join(", ")}`}`],
      ["inputs", m.inputs.map(shape).join("; ")],
      ["outputs", m.outputs.map(shape).join("; ")],
      ["metrics", metricText(m)],
      ["labels", labelText(m.labels)],
      ...Object.entries(m.files).map(([role, f]): readonly [string, string] => [`file ${role}`, `${shortDigest(f.sha256)}  ${byteSize(f.bytes)}`]),
      ["signed by", m.signedBy.join(", ")],
      ["security counter", String(m.securityCounter)],
      ["parent", shortDigest(m.lineage.parent)],
      ["incident", m.lineage.incidentId ?? "-"],
      ["retrain job", m.lineage.jobId ?? "-"],
      ["trainer", m.lineage.trainer ?? "-"],
      ["created", moment(m.createdAtMs)],
      ["registered", `${moment(m.registeredAtMs)} by ${m.registeredBy}`],
      ["run by", `${m.devices} devices`],
    ]),
};

/** Sends the files that the collector lacks, then the signed manifest. */
async function push(session: Session, client: KedgeClient, bundle: BundleDirectory, alias: string | undefined): Promise<ModelDetail> {
  const files = Object.entries(bundle.manifest.files) as (readonly [string, BundleFile])[];
  for (const [role, file] of files) {
    if (await client.blobs.head({ sha256: file.sha256 })) {
      session.say(`${role}: there already`);
      continue;
    }
    await client.blobs.put({ sha256: file.sha256 }, new Uint8Array(await bundle.readFile(role)));
    session.say(`${role}: ${byteSize(file.bytes)} sent`);
  }
  const { payloadType, payload, signatures } = bundle.envelope;
  return client.models.register({ envelope: { payloadType, payload, signatures: [...signatures] }, alias });
}

function addPush(model: Command, runner: Runner): void {
  model
    .command("push <bundle>")
    .description("register a bundle directory with the collector; files that it has already are not sent")
    .option("--alias <alias>", "point this alias at it")
    .action(
      runner.does<{ alias?: string }>(async (session, { alias }, [path = ""]) => {
        // Checked here first: a damaged file is better found before an hour of upload than after.
        const bundle = await readBundleDirectory(path);
        const registered = await push(session, await session.client(), bundle, alias);
        if (session.format === "table") printList(session, [registered], view);
        else printOne(session, registered, detailView);
        session.say(`roll it out with: kedge rollout plan ${registered.name}@${registered.version}`);
        return undefined;
      }),
    );
}

async function trustedKeys(session: Session, files: readonly string[]): Promise<TrustedKey[]> {
  if (files.length > 0) return Promise.all(files.map((file) => readTrustedKey(file)));
  const { items } = await (await session.client()).keys.list();
  return items.map((key: ApiKey) => trustedKeyFromPem(key.publicKey, `the collector's key ${key.name}`));
}

function addVerify(model: Command, runner: Runner): void {
  model
    .command("verify <bundle>")
    .description("check every file's digest and the signature, against the keys named or the ones that the collector trusts")
    .option("--key <file>", "a public key to trust (repeat)", listArgument, [])
    .action(
      runner.does<{ key: string[] }>(async (session, { key }, [path = ""]) => {
        const bundle = await readBundleDirectory(path);
        const found = verifyManifest(bundle.envelope, await trustedKeys(session, key), { verify: verifyEd25519, sha256, expectedDigest: bundle.digest });
        if (found.kind === "untrusted")
          throw new KedgeError(found.code, `the bundle ${path} is not to be trusted: ${found.message}`, {
            hint: found.hint,
            context: { exit: "untrusted", path },
          });
        const { manifest, digest, keyIds } = found;
        printLines(session, { digest, name: manifest.name, version: manifest.version, signedBy: keyIds }, [
          `${plain(manifest.name)}@${plain(manifest.version)} is whole and signed`,
          ...fields([
            ["digest", digest],
            ["signed by", keyIds.join(", ")],
          ]),
        ]);
        return undefined;
      }),
    );
}

function addAliases(model: Command, runner: Runner): void {
  model
    .command("alias <name> <alias> <model>")
    .description("point an alias at a bundle: kedge model alias clothes champion clothes@2.0.0")
    .action(
      runner.does(async (session, _, [name = "", alias = "", reference = ""]) => {
        printList(session, [await (await session.client()).models.alias({ name, alias, reference })], view);
        return undefined;
      }),
    );
  model
    .command("unalias <name> <alias>")
    .description("take an alias away")
    .action(
      runner.does(async (session, _, [name = "", alias = ""]) => {
        await (await session.client()).models.unalias({ name, alias });
        session.say(`${name}@${alias} is gone`);
        return undefined;
      }),
    );
}

/** `kedge model …` */
export const addModels: AddCommands = (program, runner) => {
  const model = program.command("model").description("bundles: models with all they need to run and be judged, signed");
  addPack(model, runner);
  addPush(model, runner);
  model
    .command("ls")
    .description("list registered bundles, newest first")
    .option("--name <name>", "only this model's")
    .option("--limit <n>", "at most so many", wholeArgument(1), 1_000)
    .action(
      runner.does<{ name?: string; limit: number }>(async (session, { name, limit }) => {
        const client = await session.client();
        printList(
          session,
          await allOf(limit, (page) => client.models.list({ ...page, name })),
          view,
          "no models; pack and push one with: kedge model pack, kedge model push",
        );
        return undefined;
      }),
    );
  model
    .command("get <model>")
    .description("show one: by digest, name@version, name@alias or name")
    .action(
      runner.does(async (session, _, [reference = ""]) => {
        printOne(session, await (await session.client()).models.get({ reference }), detailView);
        return undefined;
      }),
    );
  addVerify(model, runner);
  addAliases(model, runner);
};
