import { type Clock, type Log, messageOf } from "@kedge/core";
import { renewalDueAtMs } from "@kedge/identity";
import { type DeviceIdentity, enrol, saveIdentity } from "@kedge/identity/adapters";
import { createHash, X509Certificate } from "node:crypto";
import type { Labels, Sha256 } from "@kedge/core";
import type { Link } from "@kedge/wire";

/** What renewing needs of the program. */
export interface RenewalDeps {
  readonly directory: string;
  readonly link: Link;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly log: Log;
}

const checkEveryMs = 3_600_000;

/**
 * Renews the device's certificate at two thirds of its life, over its own connection. The new one is stored beside the key and used from the
 * next start on; the old one holds until it expires, so a renewal that goes wrong costs nothing but another try.
 */
export function keepCertificate(identity: DeviceIdentity, deps: RenewalDeps): { stop(): void } {
  let current = identity;
  const renew = async (): Promise<void> => {
    const { directory, link, labels, agentVersion, clock, log } = deps;
    if (clock.nowMs() < renewalDueAtMs(current)) return;
    const authorityPin = createHash("sha256").update(new X509Certificate(current.authoritiesPem).raw).digest("hex") as Sha256;
    const outcome = await enrol(link, {
      nonce: current.deviceId,
      token: "",
      authorityPin,
      privateKeyPem: current.privateKeyPem,
      requestedId: current.deviceId,
      labels,
      agentVersion,
      platform: `${process.platform}-${process.arch}`,
    });
    if (outcome.kind !== "granted") {
      log.warn({ code: outcome.code }, `the certificate was not renewed: ${outcome.message}`);
      return;
    }
    current = await saveIdentity(directory, outcome.identity);
    log.info({ notAfter: new Date(current.notAfterMs).toISOString() }, "the certificate is renewed");
  };
  const check = (): void => void renew().catch((error: unknown) => deps.log.warn({ error: messageOf(error) }, "the certificate was not renewed"));
  const timer = setInterval(check, checkEveryMs);
  deps.link.onConnect(check);
  return { stop: () => clearInterval(timer) };
}
