import { KedgeError, messageOf, type Sha256 } from "@kedge/core";
import {
  envelopeBytes,
  envelopePayload,
  makeEnvelope,
  type ManifestEnvelope,
  manifestPayloadType,
  preAuthEncoding,
  type Signer,
  verifyManifest,
} from "@kedge/registry";
import { trustedKeyFromPem, verifyEd25519 } from "@kedge/registry/adapters";
import { put } from "@kedge/store";
import type { Asked, Commands, Queries } from "../commands.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";
import { conflict, notFound } from "./refusals.js";

type ModelCommands = Pick<Commands, "putBlob" | "registerModel" | "setAlias" | "removeAlias" | "trustKey" | "distrustKey">;

/** The envelope with the collector's own signature beside the others, which devices that enrolled earlier trust. */
async function counterSigned(envelope: ManifestEnvelope, signer: Signer): Promise<ManifestEnvelope> {
  const payload = envelopePayload(envelope);
  if (payload === undefined || envelope.signatures.some((s) => s.keyid === signer.keyId)) return envelope;
  const own = makeEnvelope(payload, [{ keyId: signer.keyId, signature: await signer.sign(preAuthEncoding(envelope.payloadType, payload)) }]);
  return { ...envelope, signatures: [...envelope.signatures, ...own.signatures] };
}

function parseEnvelopeOf(asked: Asked<"models", "register">["envelope"]): { readonly envelope: ManifestEnvelope | undefined } {
  const { payloadType, ...rest } = asked;
  return { envelope: payloadType === manifestPayloadType ? { ...rest, payloadType } : undefined };
}

/** Keeps a bundle that was verified or made here, and tells of it. */
export async function keepBundle(
  services: Services,
  envelope: ManifestEnvelope,
  facts: { readonly digest: Sha256; readonly name: string; readonly version: string; readonly signedBy: readonly string[]; readonly by: string },
): Promise<string | undefined> {
  const { bundles, documents, audit, clock, targetsSigner, shelf } = services;
  const kept = await bundles.putBundle(await counterSigned(envelope, targetsSigner));
  if (kept.kind === "missing-blobs") return `blobs are missing: ${kept.files.map((f) => f.path).join(", ")}`;
  await audit.append({
    atMs: clock.nowMs(),
    actor: facts.by,
    action: "model.register",
    subject: facts.digest,
    details: { name: facts.name, version: facts.version, signedBy: facts.signedBy, envelope: services.sha256(envelopeBytes(envelope)) },
  });
  await put(documents.bundles, facts.digest, {
    digest: facts.digest,
    name: facts.name,
    version: facts.version,
    registeredAtMs: clock.nowMs(),
    registeredBy: facts.by,
    signedBy: facts.signedBy,
  });
  // A reference that cannot be read must be found now, not at the first window.
  await shelf.find(facts.digest);
  return undefined;
}

export function modelCommands(services: Services, queries: Pick<Queries, "model" | "models">): ModelCommands {
  const { bundles, documents, audit, clock, feed } = services;
  return {
    async putBlob(sha256, content) {
      const before = await bundles.findBlob(sha256);
      try {
        const { bytes } = await bundles.putBlob(content, { sha256 });
        return { kind: "done", value: { bytes, isNew: before === undefined } };
      } catch (error) {
        if (error instanceof KedgeError && error.code === "registry/digest-mismatch")
          return { kind: "refused", reason: "untrusted", code: error.code, message: error.message };
        throw error;
      }
    },
    async registerModel(asked, caller) {
      const keys = (await documents.keys.list()).map((k) => trustedKeyFromPem(k.body.publicKeyPem));
      const { envelope } = parseEnvelopeOf(asked.envelope);
      if (envelope === undefined) return { kind: "refused", reason: "usage", code: "registry/invalid-envelope", message: "the envelope holds no manifest" };
      const verified = verifyManifest(envelope, keys, { verify: verifyEd25519, sha256: services.sha256 });
      if (verified.kind === "untrusted") return { kind: "refused", reason: "untrusted", code: verified.code, message: verified.message, hint: verified.hint };
      const { manifest, digest, keyIds } = verified;
      const taken = (await documents.bundles.list({ limit: 10_000 })).find(
        (b) => b.body.name === manifest.name && b.body.version === manifest.version && b.body.digest !== digest,
      );
      if (taken !== undefined) return conflict(`${manifest.name}@${manifest.version} is another bundle already`, "Give the new bundle another version.");
      try {
        const missing = await keepBundle(services, envelope, { digest, name: manifest.name, version: manifest.version, signedBy: keyIds, by: caller.name });
        if (missing !== undefined) return conflict(missing, "Push the blobs first: PUT /v1/blobs/SHA256.");
      } catch (error) {
        if (error instanceof KedgeError) return conflict(messageOf(error));
        throw error;
      }
      if (asked.alias !== undefined) await put(documents.aliases, `${manifest.name}@${asked.alias}`, { name: manifest.name, alias: asked.alias, digest });
      const model = await queries.model(digest);
      if (model === undefined) return notFound(`model ${digest}`);
      feed.publish({ type: "model.registered", model });
      return { kind: "done", value: model };
    },
    async setAlias(asked, caller) {
      const record = await findModel(services, asked.reference);
      if (record === undefined || record.name !== asked.name) return notFound(`model ${asked.name} ${asked.reference}`);
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "model.alias", subject: record.digest, details: { alias: asked.alias } });
      await put(documents.aliases, `${asked.name}@${asked.alias}`, { name: asked.name, alias: asked.alias, digest: record.digest });
      const model = await queries.model(record.digest);
      return model === undefined ? notFound(`model ${record.digest}`) : { kind: "done", value: model };
    },
    async removeAlias(name, alias, caller) {
      if (!(await documents.aliases.delete(`${name}@${alias}`))) return notFound(`alias ${name}@${alias}`);
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "model.unalias", subject: `${name}@${alias}`, details: {} });
      return { kind: "done", value: undefined };
    },
    async trustKey(asked, caller) {
      let keyId: string;
      try {
        keyId = trustedKeyFromPem(asked.publicKey).keyId;
      } catch (error) {
        return { kind: "refused", reason: "usage", code: "registry/invalid-key", message: messageOf(error) };
      }
      const key = { keyId, name: asked.name, publicKeyPem: asked.publicKey, addedAtMs: clock.nowMs(), addedBy: caller.name, isCollectors: false };
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "key.trust", subject: keyId, details: { name: asked.name } });
      const { body: stored } = (await documents.keys.get(keyId)) ?? (await put(documents.keys, keyId, key));
      const { publicKeyPem, ...rest } = stored;
      return { kind: "done", value: { ...rest, algorithm: "ed25519", publicKey: publicKeyPem } };
    },
    async distrustKey(keyId, caller) {
      const found = await documents.keys.get(keyId);
      if (found === undefined) return notFound(`key ${keyId}`);
      if (found.body.isCollectors) return conflict("this is the collector's own key, with which it signs what it retrains");
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "key.distrust", subject: keyId, details: {} });
      await documents.keys.delete(keyId);
      const { publicKeyPem, ...rest } = found.body;
      return { kind: "done", value: { ...rest, algorithm: "ed25519", publicKey: publicKeyPem } };
    },
  };
}
