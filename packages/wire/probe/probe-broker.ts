import { KedgeError } from "@kedge/core";
import type { Capabilities } from "./capabilities.js";
import { type Finding, findingsOf } from "./findings.js";
import { Look } from "./look.js";
import { lookAtConnections, recogniseFrom } from "./look-at-connections.js";
import { lookAtDelivery } from "./look-at-delivery.js";
import { lookAtRules } from "./look-at-rules.js";
import { lookAtSharing } from "./look-at-sharing.js";
import { ProbeClient, ProbeFailure } from "./probe-client.js";
import type { ProbeOptions } from "./probe-options.js";

/** What was measured, and what to make of it. */
export interface ProbeReport {
  readonly url: string;
  readonly capabilities: Capabilities;
  readonly findings: readonly Finding[];
}

function unreachable(url: string, error: unknown): KedgeError {
  const failure = error instanceof ProbeFailure ? error : new ProbeFailure("ended", "the connection cannot be made");
  const isRefused = failure.code === "refused";
  const isUntrusted = /CERT|SELF_SIGNED|UNABLE_TO|TLS|SSL/.test(failure.code);
  const hint = isRefused
    ? "Give the user that the collector has there: --username and --password-file, or --certificate and --key."
    : isUntrusted
      ? "Give the authority of the broker's certificate with --broker-ca, and the name that it is for in the address."
      : "Check the address and port, and whether clients need a certificate (--certificate, --key).";
  return new KedgeError("wire/probe-failed", `connecting to ${url} as the collector failed: ${failure.message} (${failure.code})`, {
    hint,
    context: { exit: isRefused ? "auth" : isUntrusted ? "untrusted" : "address" },
  });
}

/**
 * Measures what a broker does, by using it: some 30 seconds, a few thousand small messages and one of 4 MiB, all below
 * `kedge/1/probe/` and on topics of the device whose papers are given. Nothing is left behind.
 * Throws KedgeError `wire/probe-failed` when not even the collector gets in (exit: auth, untrusted or address).
 */
export async function probeBroker(options: ProbeOptions): Promise<ProbeReport> {
  const look = new Look(options);
  try {
    await (await ProbeClient.open(options.target, options.collector, { clientId: look.clientId() })).close();
  } catch (error) {
    throw unreachable(options.target.url, error);
  }
  try {
    const { sys, ...connection } = await lookAtConnections(look);
    const delivery = await lookAtDelivery(look);
    const sharing = await lookAtSharing(look, connection.mqtt5);
    const rules = await lookAtRules(look);
    const { product, version } = recogniseFrom(look, { mqtt5: connection.mqtt5, sys }, delivery);
    const capabilities: Capabilities = { product, productVersion: version, connection, delivery, sharing, rules };
    return { url: options.target.url, capabilities, findings: findingsOf(capabilities) };
  } finally {
    await look.close();
  }
}

/** What a collector must know before it trusts itself to a broker: whether strangers are let in, or hear everything. */
export async function admitsStrangers(options: Pick<ProbeOptions, "target" | "nonce">): Promise<boolean> {
  const { target, nonce } = options;
  try {
    const client = await ProbeClient.open(target, {}, { clientId: `kedgeprobe${nonce}0` });
    await client.close();
    return true;
  } catch {
    return false;
  }
}
