import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Fetch, FetchResponse } from "@kedge/api";

/** How long a collector may be silent before a request is given up; streams of events beat every 15 s. */
const silenceMs = 60_000;
/** No answer of the API is larger than its largest page. */
const maxAnswerBytes = 1_073_741_824;

async function bytesOf(message: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) throw new RangeError(`the answer has more than ${maxAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function responseOf(message: IncomingMessage): FetchResponse {
  const parts = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    status: message.statusCode ?? 0,
    headers: {
      get: (name) => {
        const value = message.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    body: {
      getReader: () => ({
        read: async () => {
          const { done = false, value } = await parts.next();
          return { done, value: done ? undefined : value };
        },
        cancel: async () => void message.destroy(),
      }),
    },
    text: async () => (await bytesOf(message)).toString("utf8"),
    arrayBuffer: async () => {
      const whole = await bytesOf(message);
      return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength);
    },
  };
}

/**
 * A fetch that trusts one authority beside the system's: the platform's own cannot be told of one at run time.
 * Follows no redirects, so that a token never goes where nobody sent it.
 */
export function httpFetch(options: { readonly ca?: string | undefined; readonly signal?: AbortSignal }): Fetch {
  return (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const target = new URL(url);
      const isTls = target.protocol === "https:";
      if (!isTls && target.protocol !== "http:") {
        reject(new TypeError(`${target.protocol} is neither http: nor https:`));
        return;
      }
      const length = body === undefined ? {} : { "content-length": String(typeof body === "string" ? Buffer.byteLength(body) : body.length) };
      const asked = { method, headers: { ...headers, ...length }, timeout: silenceMs, ...(options.signal === undefined ? {} : { signal: options.signal }) };
      const tls = options.ca === undefined ? {} : { ca: options.ca };
      const request = isTls ? requestHttps(target, { ...asked, ...tls }) : requestHttp(target, asked);
      request.on("response", (message) => {
        // Nobody reads a body that cannot be there, and an unread answer would hold the connection, and so the process.
        if (method === "HEAD" || message.statusCode === 204) message.resume();
        resolve(responseOf(message));
      });
      request.on("timeout", () => request.destroy(new Error(`no word for ${silenceMs / 1000} s`)));
      request.on("error", reject);
      request.end(body);
    });
}
