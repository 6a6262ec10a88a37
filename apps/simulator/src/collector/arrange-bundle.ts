import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { KedgeClient, Model } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import { createKeyFiles, publicPemOf, readSigner, readTrustedKey } from "@kedge/registry/adapters";
import { packSynthetic, syntheticName, usualFeatures } from "../synthetic/synthetic-bundle.js";

/** What the fleet is to run. */
export interface BundleWish {
  /** `name`, `name@version`, `name@alias` or a digest; null: the newest that the collector has. */
  readonly model: string | null;
  /** A model of the simulator's own with so many numeric inputs; null: only where the collector has no model. */
  readonly features: number | null;
  readonly selector: string;
  readonly devices: number;
  /** Where the key that signs such a model is kept. */
  readonly stateDir: string;
  readonly say: (text: string) => void;
}

async function signerIn(stateDir: string) {
  const path = join(stateDir, "signing.pem");
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  if (!existsSync(path)) await createKeyFiles(path);
  return { signer: await readSigner(path), publicKeyPem: publicPemOf(await readTrustedKey(`${path}.pub`)) };
}

/** Packs the simulator's own model and registers it as a person would: key, files, signed manifest. */
async function bringSynthetic(client: KedgeClient, features: number, { stateDir, say }: BundleWish): Promise<string> {
  const { signer, publicKeyPem } = await signerIn(stateDir);
  const packed = await packSynthetic(features, signer, Date.now());
  const reference = `${packed.manifest.name}@${packed.manifest.version}`;
  const known = (await client.models.list({ name: syntheticName, limit: 200 })).items.find((m) => m.version === packed.manifest.version);
  if (known !== undefined) return reference;
  const { items: keys } = await client.keys.list();
  if (!keys.some((key) => key.keyId === signer.keyId)) await client.keys.trust({ publicKey: publicKeyPem, name: "simulator" });
  for (const file of Object.values(packed.manifest.files)) await client.blobs.put({ sha256: file.sha256 }, new Uint8Array(packed.files.get(file.path) ?? []));
  const { payloadType, payload, signatures } = packed.envelope;
  await client.models.register({ envelope: { payloadType, payload, signatures: [...signatures] } });
  say(`registered ${reference}, a small model of the simulator's own with ${features} numeric inputs and one of words`);
  return reference;
}

async function chooseModel(client: KedgeClient, wish: BundleWish): Promise<string> {
  if (wish.features !== null) return bringSynthetic(client, wish.features, wish);
  if (wish.model !== null) return wish.model;
  const newest: Model | undefined = (await client.models.list({ limit: 1 })).items[0];
  return newest === undefined ? bringSynthetic(client, usualFeatures, wish) : `${newest.name}@${newest.version}`;
}

/** How many of the fleet's devices nothing is wanted of yet, or something else than `reference`. */
async function withoutWish(client: KedgeClient, selector: string, digest: string | null): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await client.devices.list({ selector, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    count += page.items.filter((d) => d.state !== "retired" && (d.desired === null || (digest !== null && d.desired.digest !== digest))).length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return count;
}

/** Has a bundle rolled out to those devices of the fleet that run none, or, where one is named, another. Says what it does. */
export async function arrangeBundle(client: KedgeClient, wish: BundleWish): Promise<void> {
  const { selector, devices, say } = wish;
  const isNamed = wish.model !== null || wish.features !== null;
  const reference = isNamed ? await chooseModel(client, wish) : null;
  const digest = reference === null ? null : (await client.models.get({ reference })).digest;
  const missing = await withoutWish(client, selector, digest);
  if (missing === 0) return;
  const model = reference ?? (await chooseModel(client, wish));
  say(`rolling ${model} out to ${missing} devices`);
  try {
    const { rolloutId } = await client.rollouts.start({
      model,
      selector,
      canary: 0,
      wavesPercent: [100],
      maxFailures: Math.min(10_000, devices),
      gateRows: 1,
      reason: "simulation",
    });
    say(`rollout ${rolloutId} is under way: kedge rollout get ${rolloutId}`);
  } catch (error) {
    if (!(error instanceof KedgeError) || error.context["exit"] !== "conflict") throw error;
    say(`nothing was rolled out: ${error.message}`);
  }
}
