import { lookup as dnsLookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { KedgeError } from "@kedge/core";
import { alertErrors } from "../../src/index.js";
import { isPublicAddress } from "./public-address.js";

/** What a receiver answered. Redirects are answers, and are not followed. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether private, loopback and link-local addresses may be reached. */
  readonly allowPrivate: boolean;
  /** Ends the request when aborted. */
  readonly signal: AbortSignal;
  /** PEM of authorities to trust beside the public ones. */
  readonly ca?: string;
  /** Resolves names; the system's resolver by default. */
  readonly lookup?: LookupFunction;
}

function privateAddress(host: string): KedgeError {
  return new KedgeError(alertErrors.privateAddress, `reaching ${host}: it stands for a private address`, {
    hint: "Set allowPrivateWebhooks in the collector's configuration if receivers inside the network are wanted.",
    context: { host },
  });
}

/**
 * A resolver that gives public addresses only. The connection is made to what it gives, so a name that stands for
 * another address a moment later (DNS rebinding) gains nothing.
 */
function guardedLookup(resolve: LookupFunction): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const all = Array.isArray(addresses) ? addresses : [];
      const open = all.filter((a) => isPublicAddress(a.address));
      const [first] = open;
      if (error) done(error, "", 0);
      // One private address among public ones is refused too: which one is tried first is chance.
      else if (first === undefined || open.length < all.length) done(privateAddress(hostname) as NodeJS.ErrnoException, "", 0);
      else if (options.all === true) done(null, open);
      else done(null, first.address, first.family);
    });
  };
}

/** Posts a JSON body and reads the head of the answer. Rejects with the socket's fault, a time-out, or `alert/private-address`. */
export async function postJson(url: URL, body: string, options: PostOptions): Promise<Answer> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A literal address is connected to without asking a resolver.
  if (!options.allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw privateAddress(host);
  const resolve: LookupFunction = options.lookup ?? dnsLookup;
  const lookup = options.allowPrivate ? resolve : guardedLookup(resolve);
  const { signal, timeoutMs, ca } = options;
  return await new Promise((settle, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    // A connection of its own each time: pooled ones would have been checked for another request.
    const request = send(url, {
      method: "POST",
      agent: false,
      lookup,
      signal,
      headers: { ...options.headers, "content-length": Buffer.byteLength(body) },
      ...(ca === undefined ? {} : { ca }),
    });
    const timer = setTimeout(() => {
      request.destroy(new KedgeError(alertErrors.timeout, `no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    request.on("close", () => clearTimeout(timer));
    request.on("error", reject);
    request.on("response", (response) => {
      const retryAfter = response.headers["retry-after"];
      settle({ status: response.statusCode ?? 0, retryAfter });
      // The body is not read: nothing in it is needed, and it may be endless.
      response.on("error", () => {});
      request.destroy();
    });
    request.end(body);
  });
}
