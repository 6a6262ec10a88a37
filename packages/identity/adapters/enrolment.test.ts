import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { type DeviceId, KedgeError, type Sha256 } from "@kedge/core";
import { decodeEnrollRequest, encodeEnrollResponse, enrollTopic, type EnrollRequest, type EnrollResponse, type LinkMessage } from "@kedge/wire";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Authority, openAuthority } from "../authority/index.js";
import { certificateRequest, type EnrolLink, enrol, fetchAuthority, loadDeviceKey, loadIdentity, newDeviceKey, newEnrolNonce, saveIdentity } from "./index.js";

const nowMs = Date.now();
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let directory = "";
let authority: Authority;
const cleanUps: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kedge-identity-"));
  authority = await openAuthority(join(directory, "authority"), { nowMs });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  await rm(directory, { recursive: true, force: true });
});

/** A TLS server; counts what clients send. */
async function serve(options: TlsOptions): Promise<{ readonly port: number; readonly received: () => number }> {
  let received = 0;
  const server = createServer(options, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received += bytes.length;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.address() as AddressInfo).port, received: () => received };
}

async function credentials(of: Authority, names: readonly string[], at = nowMs): Promise<TlsOptions> {
  const made = await of.serverCredentials(names, at);
  return { key: made.keyPem, cert: made.chainPem };
}

async function faultOf(promise: Promise<unknown>): Promise<KedgeError> {
  const fault = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof KedgeError)) throw new TypeError("expected a KedgeError");
  return fault;
}

describe("fetching the authority", () => {
  test("finds the one that the pin names, and sends nothing to find it", async () => {
    const server = await serve(await credentials(authority, ["127.0.0.1"]));
    const fetched = await fetchAuthority("127.0.0.1", server.port, authority.pin, { nowMs });
    expect(fetched.certificatePem).toBe(authority.certificatePem);
    expect(new X509Certificate(fetched.certificateDer).raw.equals(authority.certificate.raw)).toBe(true);
    expect(await fetchAuthority("[127.0.0.1]", server.port, authority.pin, { nowMs })).toEqual(fetched);
    expect(server.received()).toBe(0);
  });

  test("refuses a server of another authority, also one that shows the pinned certificate beside its own chain", async () => {
    const stranger = await openAuthority(join(directory, "stranger"), { nowMs });
    const own = await stranger.serverCredentials(["127.0.0.1"], nowMs);
    const plain = await serve({ key: own.keyPem, cert: own.chainPem });
    const leafOnly = own.chainPem.slice(0, own.chainPem.indexOf("-----END CERTIFICATE-----") + 26);
    const borrowed = await serve({ key: own.keyPem, cert: `${leafOnly}${authority.certificatePem}` });
    for (const { port, received } of [plain, borrowed]) {
      const fault = await faultOf(fetchAuthority("127.0.0.1", port, authority.pin, { nowMs }));
      expect(fault).toMatchObject({ code: "identity/authority-mismatch", context: { exit: "untrusted" } });
      expect(received()).toBe(0);
    }
  });

  test("refuses a server that hides its authority, and a self-signed one whose digest is pinned but is no authority's", async () => {
    const own = await authority.serverCredentials(["127.0.0.1"], nowMs);
    const leafOnly = own.chainPem.slice(0, own.chainPem.indexOf("-----END CERTIFICATE-----") + 26);
    const server = await serve({ key: own.keyPem, cert: leafOnly });
    expect((await faultOf(fetchAuthority("127.0.0.1", server.port, authority.pin, { nowMs }))).code).toBe("identity/authority-mismatch");
    const leaf = new X509Certificate(leafOnly).fingerprint256.replaceAll(":", "").toLowerCase() as Sha256;
    expect((await faultOf(fetchAuthority("127.0.0.1", server.port, leaf, { nowMs }))).code).toBe("identity/authority-mismatch");
  });

  test("a certificate for another name, and a clock that is wrong, are told apart", async () => {
    const server = await serve(await credentials(authority, ["kedge.example"]));
    const fault = await faultOf(fetchAuthority("127.0.0.1", server.port, authority.pin, { nowMs }));
    expect(fault).toMatchObject({ code: "identity/name-mismatch", context: { exit: "untrusted" } });
    expect(fault.message).toContain("kedge.example");
    const right = await serve(await credentials(authority, ["127.0.0.1"]));
    const late = await faultOf(fetchAuthority("127.0.0.1", right.port, authority.pin, { nowMs: Date.UTC(2100, 0, 1) }));
    expect(late).toMatchObject({ code: "identity/not-valid-now", hint: expect.stringContaining("set this machine's clock") as string, retryable: true });
    // To a device without a clock it is 1970, and it must come in to learn the time.
    await fetchAuthority("127.0.0.1", right.port, authority.pin, { nowMs: 0 });
  });

  test("nobody there, somebody who says nothing, somebody who does not speak TLS: retryable, in time", async () => {
    const silent = createTcpServer((socket) => {
      socket.on("error", () => {});
      cleanUps.unshift(async () => void socket.destroy());
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const slow = await faultOf(fetchAuthority("127.0.0.1", port, authority.pin, { nowMs, timeoutMs: 50 }));
    expect(slow).toMatchObject({ code: "identity/unreachable", retryable: true, context: { exit: "address" } });
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
    await new Promise<void>((resolve) => silent.close(() => resolve()));
    expect((await faultOf(fetchAuthority("127.0.0.1", port, authority.pin, { nowMs }))).code).toBe("identity/unreachable");
    const rude = createTcpServer((socket) =>
      socket
        .on("error", () => {})
        .resume()
        .end("220 hello\r\n"),
    );
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => new Promise((resolve) => rude.close(() => resolve())));
    const fault = await faultOf(fetchAuthority("127.0.0.1", (rude.address() as AddressInfo).port, authority.pin, { nowMs }));
    expect(fault.code).toBe("identity/unreachable");
  });
});

const director = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });

/** A link whose other end is a collector that answers as `answer` says. */
function linkTo(answer: (request: EnrollRequest) => Promise<EnrollResponse | Uint8Array | undefined>): EnrolLink {
  const receivers = new Map<string, (message: LinkMessage) => void>();
  return {
    async subscribe(filter, _options, receive) {
      receivers.set(filter, receive);
      return { kind: "subscribed" };
    },
    async publish(topic, payload) {
      const request = decodeEnrollRequest(payload);
      if (request.kind === "rejected") throw new Error(request.message);
      const response = await answer(request.value);
      const reply = topic.replace(/request$/, "response");
      if (response !== undefined)
        receivers.get(reply)?.({ topic: reply, payload: response instanceof Uint8Array ? response : encodeEnrollResponse(response), retained: false });
      return { kind: "sent" };
    },
  };
}

async function grant(request: EnrollRequest, by = authority, deviceId = "cam-1" as DeviceId): Promise<EnrollResponse> {
  const read = await by.readRequest(request.csr);
  if (read.kind !== "read") return { kind: "refused", code: read.code, message: read.message, retryAfterMs: null };
  const issued = await by.issueDevice(read, deviceId, { nowMs });
  const keys = [{ keyId: "director-1", publicKey: new Uint8Array(director) }];
  const { certificateDer: certificate, notAfterMs } = issued;
  return { kind: "granted", deviceId, certificate, authorities: [by.certificateDer], directorKeys: keys, targetsKeys: keys, notAfterMs };
}

async function request() {
  const privateKeyPem = await loadDeviceKey(join(directory, "device"));
  const wanted = { requestedId: null, labels: { site: "lyon" }, agentVersion: "0", platform: "test", timeoutMs: 2_000 };
  return { nonce: newEnrolNonce(), token: "kedge1.x", authorityPin: authority.pin, privateKeyPem, ...wanted };
}

describe("enrolling", () => {
  test("gives an identity that is stored and found again", async () => {
    const outcome = await enrol(linkTo(grant), await request());
    if (outcome.kind !== "granted") throw new Error(outcome.message);
    expect(outcome.identity).toMatchObject({ deviceId: "cam-1", authoritiesPem: authority.certificatePem });
    const home = join(directory, "device");
    expect(await loadIdentity(home)).toBeUndefined();
    const saved = await saveIdentity(home, outcome.identity);
    expect(await loadIdentity(home)).toEqual(saved);
    expect(saved.directorKeys[0]?.publicKeyPem).toContain("BEGIN PUBLIC KEY");
    for (const name of ["key.pem", "identity.json"]) expect((await stat(join(home, name))).mode & 0o777).toBe(0o600);
  });

  test("the key is made once: an enrolment that was cut off asks again with the same", async () => {
    expect((await request()).privateKeyPem).toBe((await request()).privateKeyPem);
  });

  test("a refusal is passed on; silence and garbage end in time", async () => {
    const refused = { kind: "refused", code: "identity/token-expired", message: "too late", retryAfterMs: 5_000 } as const;
    expect(
      await enrol(
        linkTo(async () => refused),
        await request(),
      ),
    ).toEqual(refused);
    expect(
      await enrol(
        linkTo(async () => undefined),
        { ...(await request()), timeoutMs: 20 },
      ),
    ).toMatchObject({ kind: "retryable", code: "identity/enrol-unanswered" });
    expect(
      await enrol(
        linkTo(async () => Uint8Array.of(255, 1, 2)),
        await request(),
      ),
    ).toMatchObject({ kind: "refused" });
  });

  test("what is no identity for our key, of the pinned authority, under one name, is not taken", async () => {
    const stranger = await openAuthority(join(directory, "stranger"), { nowMs });
    const invalid = { kind: "refused", code: "identity/grant-invalid" };
    const wrong: ((r: EnrollRequest) => Promise<EnrollResponse>)[] = [
      (r) => grant(r, stranger),
      async (r) => ({ ...(await grant(r, stranger)), authorities: [authority.certificateDer] }) as EnrollResponse,
      async (r) => ({ ...(await grant(r)), deviceId: "cam-2" }) as EnrollResponse,
      async (r) => ({ ...(await grant(r)), certificate: Uint8Array.of(1, 2, 3) }) as EnrollResponse,
      async (r) => ({ ...(await grant(r)), directorKeys: [{ keyId: "k", publicKey: Uint8Array.of(1) }] }) as EnrollResponse,
      async (r) => {
        const read = await authority.readRequest(certificateRequest(newDeviceKey(), "x"));
        if (read.kind !== "read") throw new Error(read.message);
        const other = await authority.issueDevice(read, "cam-1" as DeviceId, { nowMs });
        return { ...(await grant(r)), certificate: other.certificateDer } as EnrollResponse;
      },
    ];
    for (const answer of wrong) expect(await enrol(linkTo(answer), await request())).toMatchObject(invalid);
  });

  test("topics carry the nonce", () => {
    const nonce = newEnrolNonce();
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(enrollTopic(nonce, "request")).toBe(`kedge/1/enroll/${nonce}/request`);
  });
});

describe("identity files", () => {
  test("that do not fit together are a fault with what to do, and are left alone", async () => {
    const outcome = await enrol(linkTo(grant), await request());
    if (outcome.kind !== "granted") throw new Error(outcome.message);
    const home = join(directory, "device");
    await saveIdentity(home, outcome.identity);
    const [keyPath, identityPath] = [join(home, "key.pem"), join(home, "identity.json")];
    const [key, identity] = [await readFile(keyPath, "utf8"), await readFile(identityPath, "utf8")];
    const expected = { code: "identity/files-inconsistent", context: { exit: "storage" } };
    for (const text of [
      "",
      "null",
      "{}",
      identity.slice(0, 200),
      identity.replace('"cam-1"', '"cam-2"'),
      identity.replace('"formatVersion": 1', '"formatVersion": 2'),
    ]) {
      await writeFile(identityPath, text);
      expect(await faultOf(loadIdentity(home))).toMatchObject(expected);
      expect(await readFile(identityPath, "utf8")).toBe(text);
    }
    await writeFile(identityPath, identity);
    await writeFile(keyPath, newDeviceKey().export({ type: "pkcs8", format: "pem" }));
    expect(await faultOf(loadIdentity(home))).toMatchObject(expected);
    expect((await faultOf(saveIdentity(home, outcome.identity))).code).toBe("identity/grant-invalid");
    await rm(keyPath);
    expect(await faultOf(loadIdentity(home))).toMatchObject(expected);
    await writeFile(keyPath, key);
    expect((await loadIdentity(home))?.deviceId).toBe("cam-1");
  });

  test("a directory that cannot be written is said so", async () => {
    await writeFile(join(directory, "file"), "");
    expect(await faultOf(loadDeviceKey(join(directory, "file")))).toMatchObject({ code: "identity/files-unwritable", context: { exit: "storage" } });
    expect(await faultOf(loadIdentity(join(directory, "file")))).toMatchObject({ code: "identity/files-unreadable" });
  });
});
