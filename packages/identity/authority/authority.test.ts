import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, KedgeError, type Sha256 } from "@kedge/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { certificateRequest, deviceOfCertificate, newDeviceKey } from "../adapters/index.js";
import { type Authority, openAuthority } from "./index.js";

const day = 86_400_000;
const nowMs = Date.UTC(2030, 0, 1);
const cam = "cam-1" as DeviceId;
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kedge-authority-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function issue(authority: Authority, deviceId = cam, key = newDeviceKey(), lifeMs = 90 * day) {
  const request = await authority.readRequest(certificateRequest(key, "whatever"));
  if (request.kind !== "read") throw new Error(request.message);
  return { key, ...(await authority.issueDevice(request, deviceId, { nowMs, lifeMs })) };
}

describe("the authority", () => {
  test("is made once, private, for ten years, and is the same ever after", async () => {
    const first = await openAuthority(directory, { nowMs });
    const second = await openAuthority(directory, { nowMs: nowMs + day });
    expect(second.pin).toBe(first.pin);
    expect(first.certificate.ca).toBe(true);
    expect(first.certificate.verify(first.certificate.publicKey)).toBe(true);
    expect(Date.parse(first.certificate.validTo) - nowMs).toBeGreaterThan(3652 * day);
    expect((await stat(join(directory, "authority.key.pem"))).mode & 0o777).toBe(0o600);
    expect((await readdir(directory)).sort()).toEqual(["authority.key.pem", "authority.pem"]);
  });

  test("a first start that was cut off after the key goes on with that key", async () => {
    const pem = newDeviceKey().export({ type: "pkcs8", format: "pem" }).toString();
    await writeFile(join(directory, "authority.key.pem"), pem);
    const authority = await openAuthority(directory, { nowMs });
    expect(authority.certificate.publicKey.export({ type: "spki", format: "pem" })).toBe(createPublicKey(pem).export({ type: "spki", format: "pem" }));
  });

  test("is never silently replaced: a lost or strange key, a damaged or expired certificate are faults", async () => {
    await openAuthority(directory, { nowMs });
    const [keyPath, certificatePath] = [join(directory, "authority.key.pem"), join(directory, "authority.pem")];
    const [key, certificate] = [await readFile(keyPath, "utf8"), await readFile(certificatePath, "utf8")];
    const fault = async (): Promise<unknown> => await openAuthority(directory, { nowMs }).catch((error: unknown) => error);
    const expected = { code: "identity/files-inconsistent", context: { exit: "storage" } };
    await expect(openAuthority(directory, { nowMs: nowMs + 4_000 * day })).rejects.toMatchObject(expected);
    await rm(keyPath);
    expect(await fault()).toMatchObject(expected);
    await writeFile(keyPath, newDeviceKey().export({ type: "pkcs8", format: "pem" }));
    expect(await fault()).toMatchObject(expected);
    await writeFile(keyPath, "nonsense");
    expect(await fault()).toMatchObject(expected);
    await writeFile(keyPath, key);
    await writeFile(certificatePath, certificate.slice(0, 100));
    expect(await fault()).toMatchObject(expected);
    expect(await readFile(keyPath, "utf8")).toBe(key);
  });

  test("a directory that cannot be made is said so", async () => {
    await writeFile(join(directory, "file"), "");
    const fault = await openAuthority(join(directory, "file", "below"), { nowMs }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(KedgeError);
    expect(fault).toMatchObject({ code: "identity/files-unwritable", context: { exit: "storage" } });
  });
});

describe("the server's certificate", () => {
  test("is kept while it fits, and renewed when the names change or the end is near", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const first = await authority.serverCredentials(["localhost", "127.0.0.1", "::1"], nowMs);
    expect(await authority.serverCredentials(["::1", "127.0.0.1", "localhost"], nowMs + 300 * day)).toEqual(first);
    const late = await authority.serverCredentials(["localhost", "127.0.0.1", "::1"], nowMs + 370 * day);
    expect(late.chainPem).not.toBe(first.chainPem);
    const renamed = await authority.serverCredentials(["localhost", "kedge.example"], nowMs + 370 * day);
    expect(renamed.chainPem).not.toBe(late.chainPem);
    const leaf = new X509Certificate(renamed.chainPem);
    expect([leaf.checkHost("kedge.example"), leaf.checkIP("127.0.0.1")]).toEqual(["kedge.example", undefined]);
    expect(leaf.verify(authority.certificate.publicKey)).toBe(true);
    expect(renamed.chainPem).toContain(authority.certificatePem);
    await expect(authority.serverCredentials(["a b"], nowMs)).rejects.toMatchObject({ code: "identity/invalid-grant" });
  });

  test("what cannot be read is made anew", async () => {
    const authority = await openAuthority(directory, { nowMs });
    await writeFile(join(directory, "server.pem"), "torn");
    expect((await authority.serverCredentials(["localhost"], nowMs)).keyPem).toContain("PRIVATE KEY");
  });
});

describe("a device's certificate", () => {
  test("names the device the collector chose, not what the request says", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const issued = await issue(authority);
    const certificate = new X509Certificate(issued.certificateDer);
    expect([certificate.subject, certificate.subjectAltName]).toEqual(["CN=cam-1", "URI:urn:kedge:device:cam-1"]);
    expect(certificate.checkPrivateKey(issued.key)).toBe(true);
    expect(issued.notAfterMs - nowMs).toBe(90 * day);
    expect(deviceOfCertificate(certificate, { authority: authority.certificate, nowMs, isRevoked: () => false })).toEqual({
      kind: "device",
      deviceId: cam,
      serial: issued.serial,
    });
  });

  test("never outlives its authority", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const issued = await issue(authority, cam, newDeviceKey(), 5_000 * day);
    expect(issued.notAfterMs).toBe(Date.parse(authority.certificate.validTo));
  });

  test("opens nothing when revoked, foreign, of another use, too early or too old; renews when lately expired", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const issued = await issue(authority);
    const certificate = new X509Certificate(issued.certificateDer);
    const judge = (at: number, revoked = "", from = authority.certificate, which = certificate) => {
      return deviceOfCertificate(which, { authority: from, nowMs: at, isRevoked: (serial) => serial === revoked });
    };
    const refused = { kind: "denied", code: "identity/certificate-refused" };
    expect(judge(nowMs, issued.serial)).toMatchObject(refused);
    expect(judge(nowMs - day)).toMatchObject(refused);
    expect(judge(nowMs + 91 * day)).toEqual({ kind: "renewing", deviceId: cam, serial: issued.serial });
    expect(judge(nowMs + 91 * day, issued.serial)).toMatchObject(refused);
    expect(judge(nowMs + 300 * day)).toMatchObject(refused);
    const stranger = await openAuthority(join(directory, "other"), { nowMs });
    expect(judge(nowMs, "", stranger.certificate)).toMatchObject(refused);
    const server = new X509Certificate((await authority.serverCredentials(["localhost"], nowMs)).chainPem);
    expect(judge(nowMs, "", authority.certificate, server)).toMatchObject(refused);
    expect(judge(nowMs, "", authority.certificate, authority.certificate)).toMatchObject(refused);
  });

  test("serial numbers differ", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const key = newDeviceKey();
    const serials = await Promise.all(Array.from({ length: 20 }, async () => (await issue(authority, cam, key)).serial));
    expect(new Set(serials).size).toBe(20);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  });
});

describe("a certificate request", () => {
  test("of another key type, with a broken signature, too large or torn is refused by name", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const good = certificateRequest(newDeviceKey(), "x");
    expect(good.length).toBeLessThan(260);
    const broken = good.slice();
    broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
    expect(await authority.readRequest(broken)).toMatchObject({ kind: "denied", code: "identity/csr-signature" });
    const p384 = certificateRequest(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, "x");
    expect(await authority.readRequest(p384)).toMatchObject({ kind: "denied", code: "identity/csr-key" });
    expect(await authority.readRequest(new Uint8Array(5_000))).toMatchObject({ code: "identity/csr-malformed" });
    expect(await authority.readRequest(good.slice(0, 100))).toMatchObject({ code: "identity/csr-malformed" });
    expect(await authority.readRequest(new Uint8Array())).toMatchObject({ code: "identity/csr-malformed" });
  });

  test("any changed byte is refused, never a crash (property)", async () => {
    const authority = await openAuthority(directory, { nowMs });
    const good = certificateRequest(newDeviceKey(), "cam-1");
    const whole = (await authority.readRequest(good)) as { readonly publicKeySha256: Sha256 };
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = good.slice();
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const read = await authority.readRequest(bytes);
        // A change of the subject or the version does not verify; one of the tags may leave the same meaning.
        if (read.kind === "read") expect(read.publicKeySha256).toBe(whole.publicKeySha256);
        else expect(read.code).toMatch(/^identity\/csr-/);
      }),
      { seed: 3, numRuns: 150 },
    );
  });
});
