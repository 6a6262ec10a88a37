import { KedgeError, messageOf } from "@kedge/core";
import { wireErrors } from "../../src/index.js";

/** CONNACK return codes of MQTT 3.1.1 (3.2.2.3) that say that this client is not wanted. */
const refusals: Readonly<Record<number, string>> = {
  1: "the broker does not speak MQTT 3.1.1",
  2: "the broker refuses the client id",
  4: "the broker refuses the user name or password",
  5: "the broker refuses this client",
};

/** CONNACK 3 of MQTT 3.1.1, and the TLS alert by which a broker says the same before a handshake (RFC 8446, 6.2: internal_error). */
function isBusy(code: unknown, error: unknown): boolean {
  if (code === 3 || code === "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR") return true;
  // So it comes out where the CONNECT was on its way already: only the text tells which alert it was.
  return code === "EPROTO" && /\balert number 80\b/.test(messageOf(error));
}

const untrusted = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

/** What went wrong with a connection, in our words. `error` is undefined when it just ended. */
export function connectFault(where: string, error: unknown, wasConnected: boolean): KedgeError {
  const code = (error as { code?: unknown } | undefined)?.code;
  const options = { retryable: true, cause: error };
  if (typeof code === "number" && refusals[code] !== undefined) {
    return new KedgeError(wireErrors.refused, `connecting to ${where}: ${refusals[code]}`, {
      ...options,
      hint: "check the credentials, and on the collector whether the device is enrolled and not revoked",
      context: { exit: "auth" },
    });
  }
  if (isBusy(code, error)) {
    return new KedgeError(wireErrors.busy, `connecting to ${where}: the broker has no room just now`, {
      ...options,
      hint: "nothing need be done: it is tried again, later each time",
      context: { exit: "address", code },
    });
  }
  if (typeof code === "string" && untrusted.test(code)) {
    return new KedgeError(wireErrors.untrusted, `connecting to ${where}: ${messageOf(error)}`, {
      ...options,
      hint: "check the certificate authority, the name in the broker's certificate, and the clock of this machine",
      context: { exit: "untrusted", code },
    });
  }
  if (wasConnected) {
    return new KedgeError(wireErrors.lost, `the connection to ${where} ended${error === undefined ? "" : `: ${messageOf(error)}`}`, options);
  }
  return new KedgeError(wireErrors.unreachable, `connecting to ${where}: ${error === undefined ? "the broker hung up" : messageOf(error)}`, {
    ...options,
    hint: "check that the collector runs and that the address and port are right",
    context: { exit: "address", code },
  });
}
