import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, type Json, type Sha256 } from "@kedge/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeBase64,
  envelopeBytes,
  type ManifestEnvelope,
  manifestBytes,
  manifestPayloadType,
  type PackedBundle,
  preAuthEncoding,
  signManifest,
  verifyManifest,
  verifyManifestBytes,
} from "../../src/index.js";
import { tinyBundle } from "../../src/tiny-bundle.fixture.js";
import { createKeyFiles, createKeyPair, publicPemOf, readSigner, readTrustedKey, sha256, signerFromPem, trustedKeyFromPem, verifyEd25519 } from "../index.js";

const alice = createKeyPair();
const bob = createKeyPair();
const mallory = createKeyPair();
const trusted = [alice.trusted, bob.trusted];
const options = { verify: verifyEd25519, sha256 };

let bundle: PackedBundle;
let folder = "";
beforeAll(async () => {
  bundle = await tinyBundle(alice.signer, sha256, { securityCounter: 3 });
  folder = await mkdtemp(join(tmpdir(), "kedge-keys-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const payloadOf = (manifest: unknown): Uint8Array => Buffer.from(canonicalJson(manifest as Json));
async function signedBy(
  payload: Uint8Array,
  pair: typeof alice,
  keyid = pair.trusted.keyId,
  payloadType: string = manifestPayloadType,
): Promise<ManifestEnvelope> {
  const signature = await pair.signer.sign(preAuthEncoding(payloadType, payload));
  return { payloadType: manifestPayloadType, payload: encodeBase64(payload), signatures: [{ keyid, sig: encodeBase64(signature) }] };
}

test("the bytes that are signed are those of the DSSE specification", () => {
  const encoded = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
  expect(Buffer.from(encoded).toString()).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
});

test("signatures are those of RFC 8032 (test 2), and so is their verification", async () => {
  const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex").toString("base64");
  const pem = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
  const signature = await signerFromPem(pem).sign(Uint8Array.of(0x72));
  expect(Buffer.from(signature).toString("hex")).toBe(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
  expect(verifyEd25519(Uint8Array.of(0x72), signature, trustedKeyFromPem(pem).publicKey)).toBe(true);
});

describe("a bundle that may be used", () => {
  test("is verified, with its digest and who signed", () => {
    const found = verifyManifestBytes(envelopeBytes(bundle.envelope), trusted, { ...options, expectedDigest: bundle.digest, securityFloor: 3 });
    expect(found).toEqual({ kind: "verified", manifest: bundle.manifest, digest: bundle.digest, keyId: alice.trusted.keyId, keyIds: [alice.trusted.keyId] });
  });

  test("may carry signatures of strangers beside", async () => {
    const envelope = await signManifest(bundle.manifest, mallory.signer, bob.signer);
    expect(verifyManifest(envelope, trusted, options)).toMatchObject({ kind: "verified", keyId: bob.trusted.keyId, digest: bundle.digest });
  });

  test("is found by any of several keys of one name", async () => {
    const twins = [
      { keyId: "same", publicKey: bob.trusted.publicKey },
      { keyId: "same", publicKey: alice.trusted.publicKey },
    ];
    const envelope = await signedBy(manifestBytes(bundle.manifest), alice, "same");
    expect(verifyManifest(envelope, twins, options)).toMatchObject({ kind: "verified", keyId: "same" });
  });

  test("by two keys, where two must sign", async () => {
    const both = await signManifest(bundle.manifest, alice.signer, bob.signer);
    expect(verifyManifest(both, trusted, { ...options, threshold: 2 })).toMatchObject({ kind: "verified", keyIds: [alice.trusted.keyId, bob.trusted.keyId] });
  });
});

describe("attacks", () => {
  const refused = (envelope: ManifestEnvelope, more: Partial<Parameters<typeof verifyManifest>[2]> = {}, keys = trusted): string => {
    const found = verifyManifest(envelope, keys, { ...options, ...more });
    if (found.kind === "verified") return "verified";
    expect(found.message.length).toBeGreaterThan(20);
    expect(found.hint.length).toBeGreaterThan(20);
    return found.code;
  };

  test("arbitrary installation: signed by a stranger", async () => {
    expect(refused(await signManifest(bundle.manifest, mallory.signer))).toBe("registry/unknown-key");
  });

  test("arbitrary installation: nobody is trusted", () => {
    expect(refused(bundle.envelope, {}, [])).toBe("registry/unknown-key");
  });

  test("a stranger's signature under a trusted key's name", async () => {
    expect(refused(await signedBy(manifestBytes(bundle.manifest), mallory, alice.trusted.keyId))).toBe("registry/bad-signature");
  });

  test("a payload swapped under a good signature", async () => {
    const other = await tinyBundle(mallory.signer, sha256, { version: "9.9.9" });
    expect(refused({ ...bundle.envelope, payload: other.envelope.payload })).toBe("registry/bad-signature");
  });

  test("a signature over the same bytes as another kind of document", async () => {
    expect(refused(await signedBy(manifestBytes(bundle.manifest), alice, alice.trusted.keyId, "application/vnd.kedge.desired"))).toBe("registry/bad-signature");
  });

  test("key compromise below the threshold: one key twice is one", async () => {
    const twice = await signManifest(bundle.manifest, alice.signer, alice.signer);
    expect(refused(twice, { threshold: 2 })).toBe("registry/too-few-signatures");
  });

  test("mix and match: another signed bundle than was asked for", () => {
    expect(refused(bundle.envelope, { expectedDigest: "0".repeat(64) as Sha256 })).toBe("registry/digest-mismatch");
  });

  test("rollback below the security floor", () => {
    expect(refused(bundle.envelope, { securityFloor: 4 })).toBe("registry/below-security-floor");
  });

  test("a signed manifest with a path that leads out, or in another spelling", async () => {
    const outside = { ...bundle.manifest, files: { ...bundle.manifest.files, model: { ...bundle.manifest.files.model, path: "../../bin/sh" } } };
    expect(refused(await signedBy(payloadOf(outside), alice))).toBe("registry/invalid-manifest");
    expect(refused(await signedBy(Buffer.from(JSON.stringify(bundle.manifest, null, 1)), alice))).toBe("registry/not-canonical");
  });

  test("endless data", () => {
    expect(verifyManifestBytes(new Uint8Array(7 * 1024 ** 2), trusted, options)).toMatchObject({
      code: "registry/invalid-envelope",
      message: expect.stringContaining("at most"),
    });
    const crowd = { ...bundle.envelope, signatures: new Array<unknown>(17).fill({ keyid: "a", sig: "AAAA" }) };
    expect(verifyManifestBytes(payloadOf(crowd), trusted, options)).toMatchObject({ code: "registry/invalid-envelope" });
  });

  test.each(["", "{}", "[]", "null", '{"payloadType":"text/plain","payload":"AAAA","signatures":[{"keyid":"","sig":"AAAA"}]}'])(
    "an envelope that is none: %s",
    (text) => {
      expect(verifyManifestBytes(Buffer.from(text), trusted, options)).toMatchObject({ kind: "untrusted", code: "registry/invalid-envelope" });
    },
  );

  test("one changed bit anywhere is never verified as something else", () => {
    const bytes = envelopeBytes(bundle.envelope);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const altered = bytes.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << bit);
        const found = verifyManifestBytes(altered, trusted, options);
        if (found.kind === "verified") expect(found.digest).toBe(bundle.digest);
      }),
      { seed: 13, numRuns: 1_000 },
    );
  });

  test("keys and signatures that are none match nothing, and throw nothing", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "der" });
    for (const key of [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(rsa)])
      expect(verifyEd25519(Uint8Array.of(1), new Uint8Array(64), key)).toBe(false);
    expect(verifyEd25519(Uint8Array.of(1), new Uint8Array(3), alice.trusted.publicKey)).toBe(false);
  });
});

describe("key files", () => {
  test("come back as they were made, and the private one is its owner's alone", async () => {
    const path = join(folder, "targets.key");
    const made = await createKeyFiles(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readSigner(path)).keyId).toBe(made.trusted.keyId);
    expect(await readTrustedKey(`${path}.pub`)).toEqual(made.trusted);
    expect(publicPemOf(made.trusted)).toBe(made.publicPem);
  });

  test("never replace a key that is there", async () => {
    const path = join(folder, "kept.key");
    await createKeyFiles(path);
    const before = await readFile(path, "utf8");
    await expect(createKeyFiles(path)).rejects.toMatchObject({ code: "registry/unwritable", message: expect.stringContaining(path) });
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test.skipIf(process.platform === "win32")("that others may read are refused", async () => {
    const path = join(folder, "open.key");
    await createKeyFiles(path);
    await chmod(path, 0o640);
    await expect(readSigner(path)).rejects.toMatchObject({
      code: "registry/exposed-key",
      hint: expect.stringContaining("chmod 600"),
      context: { exit: "config" },
    });
  });

  test("of another kind, damaged or absent are refused by name", async () => {
    const path = join(folder, "bad.key");
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
    for (const text of [rsa.toString(), "no key", ""]) {
      await writeFile(path, text, { mode: 0o600 });
      await expect(readSigner(path)).rejects.toMatchObject({ code: "registry/invalid-key", message: expect.stringContaining(path) });
      await expect(readTrustedKey(path)).rejects.toMatchObject({ code: "registry/invalid-key" });
    }
    await expect(readSigner(join(folder, "absent"))).rejects.toMatchObject({ code: "registry/unreadable", context: { exit: "storage" } });
    expect(() => signerFromPem("x")).toThrow("the private key is no Ed25519 key in PEM");
  });
});
