import { createHash, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { KedgeError, messageOf, type Sha256 } from "@kedge/core";
import { identityErrors } from "../src/index.js";

/** The authority that a token named, as the server presented it. */
export interface FetchedAuthority {
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
}

export interface FetchAuthorityOptions {
  readonly nowMs: number;
  /** 10 s by default. */
  readonly timeoutMs?: number;
}

/** A chain of more certificates than this is not walked. */
const maxChain = 8;

/** SHA-256 of a certificate's DER: what a token pins. */
export function pinOf(certificate: X509Certificate): Sha256 {
  return createHash("sha256").update(certificate.raw).digest("hex") as Sha256;
}

/**
 * Finds the authority that `pin` names: connects by TLS without trusting anybody, reads the chain that the server
 * presents and proves possession for, and answers only if that chain ends in a certificate authority of this digest
 * whose signature leads down to the server's certificate, and that certificate is for `address`. Nothing is sent over the
 * connection; a secret may be sent afterwards, over one that trusts only the answer.
 * Throws `identity/unreachable` (retryable), `-/authority-mismatch`, `-/name-mismatch`, `-/not-valid-now`.
 */
export async function fetchAuthority(address: string, port: number, pin: Sha256, options: FetchAuthorityOptions): Promise<FetchedAuthority> {
  // As a URL has an IPv6 address.
  const host = address.replace(/^\[(.*)\]$/, "$1");
  const leaf = await presentedCertificate(host, port, options.timeoutMs ?? 10_000);
  const where = `${host}:${port}`;
  const authority = authorityOf(leaf, pin);
  if (authority === undefined) {
    throw new KedgeError(identityErrors.authorityMismatch, `the server at ${where} does not belong to the authority that the token names`, {
      hint: "Check the address, and that the token comes from this very collector. If both are right, somebody may sit in between: nothing was sent to it.",
      context: { host, port, pin, exit: "untrusted" },
    });
  }
  const named = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host);
  if (named === undefined) {
    throw new KedgeError(identityErrors.nameMismatch, `the certificate of the server at ${where} is for ${leaf.subjectAltName ?? "no name"}`, {
      hint: `Add ${host} to the collector's mqtt.names, or connect by one of these names.`,
      context: { host, port, exit: "untrusted" },
    });
  }
  for (const certificate of [leaf, authority]) refuseUnlessValid(certificate, where, options.nowMs);
  return { certificatePem: authority.toString(), certificateDer: new Uint8Array(authority.raw) };
}

function refuseUnlessValid(certificate: X509Certificate, where: string, nowMs: number): void {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (nowMs >= from && nowMs <= to) return;
  throw new KedgeError(
    identityErrors.notValidNow,
    `the certificate ${certificate.subject} of the server at ${where} is valid from ${certificate.validFrom} to ${certificate.validTo}, and this clock says ${new Date(nowMs).toISOString()}`,
    {
      hint: nowMs < from ? "Set this machine's clock." : "Restart the collector, which renews its certificate; or set this machine's clock.",
      context: { exit: "untrusted" },
      retryable: true,
    },
  );
}

function authorityOf(leaf: X509Certificate, pin: Sha256): X509Certificate | undefined {
  let below = leaf;
  for (let i = 0; i < maxChain; i += 1) {
    const above = below.issuerCertificate;
    // The names must match and the signature must hold; a chain is only what was sent, not what was checked.
    if (above === undefined || !above.ca || !below.checkIssued(above) || !below.verify(above.publicKey)) return undefined;
    if (pinOf(above) === pin) return above;
    below = above;
  }
  return undefined;
}

function presentedCertificate(host: string, port: number, timeoutMs: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket: TLSSocket = connect({ host, port, ...name, rejectUnauthorized: false, minVersion: "TLSv1.2" });
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new KedgeError(identityErrors.unreachable, `connecting to the collector at ${host}:${port} failed: ${why}`, {
          hint: "Check the address and port, that the collector runs, and that no firewall is in between.",
          context: { host, port, exit: "address" },
          retryable: true,
          cause,
        }),
      );
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once("error", (error) => fail(messageOf(error), error));
    socket.once("close", () => fail("the connection was closed"));
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) return fail("the server presented no certificate");
      clearTimeout(timer);
      resolve(certificate);
      socket.destroy();
    });
  });
}
