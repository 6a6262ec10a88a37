import { KedgeError, messageOf } from "@kedge/core";
import { apiCodes } from "./errors.js";
import { EventStreamFault, readEvents } from "./event-reader.js";
import { errorOfAnswer } from "./problem.js";
import type { ApiEvent } from "./resources/event.js";
import { apiEvent } from "./resources/event.js";
import { type InputOf, type OutputOf, paramNames, type Route } from "./route.js";
import { type Routes, routes } from "./routes.js";

/** What is asked of the network. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** What of an answer is looked at. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): ByteReader } | null;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The platform's `fetch`, or one that adds a timeout, an authority, a log. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

/** Where a collector is and who calls. */
export interface ClientOptions {
  /** Such as `https://127.0.0.1:8787`. */
  readonly url: string;
  /** The bearer token; null for the routes that are public. */
  readonly token: string | null;
  readonly fetch: Fetch;
}

type Octets = Uint8Array<ArrayBuffer>;
type Gives<R extends Route> = R["gives"] extends never ? never : OutputOf<R>;
type Call<R extends Route> = Record<never, never> extends InputOf<R> ? (input?: InputOf<R>) => Promise<Gives<R>> : (input: InputOf<R>) => Promise<Gives<R>>;

type Plain = {
  readonly [G in Exclude<keyof Routes, "blobs" | "events">]: { readonly [V in keyof Routes[G]]: Routes[G][V] extends Route ? Call<Routes[G][V]> : never };
};

/** One function per row of the route table; each takes path parameters and query or body in one object. */
export interface KedgeClient extends Plain {
  readonly blobs: {
    put(input: { readonly sha256: string }, bytes: Octets): Promise<OutputOf<Routes["blobs"]["put"]>>;
    /** Whether the collector has these bytes. */
    head(input: { readonly sha256: string }): Promise<boolean>;
    get(input: { readonly sha256: string }): Promise<Octets>;
  };
  readonly events: {
    /** Events from now, or after the one that `after` names. Ends when the connection does: call again with the last id. */
    stream(input?: { readonly after?: string | undefined }): AsyncGenerator<ApiEvent, void, undefined>;
  };
}

type Input = Readonly<Record<string, unknown>>;

/** The path and query of a call: parameters of the path go there, and without a body the rest is the query. */
export function targetOf(route: Route, input: Input): { readonly target: string; readonly rest: Input } {
  const names = paramNames(route.path);
  let target = route.path;
  for (const name of names) target = target.replace(`:${name}`, encodeURIComponent(String(input[name])));
  const rest = Object.fromEntries(Object.entries(input).filter(([key, value]) => !names.includes(key) && value !== undefined));
  if (route.takes === "json") return { target, rest };
  const query = Object.entries(rest).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return { target: query.length === 0 ? target : `${target}?${query.join("&")}`, rest: {} };
}

function parsedJson(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

class Caller {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = { ...options, url: options.url.replace(/\/+$/, "") };
  }

  /** Sends one request; anything but a success is thrown. */
  async send(route: Route, input: Input, bytes?: Octets, headers: Readonly<Record<string, string>> = {}): Promise<FetchResponse> {
    const { url, token, fetch } = this.#options;
    const { target, rest } = targetOf(route, input);
    const what = `${route.method} ${url}${target}`;
    const body = bytes ?? (route.takes === "json" ? JSON.stringify(rest) : undefined);
    const type = route.takes === "octets" ? "application/octet-stream" : "application/json";
    let response: FetchResponse;
    try {
      response = await fetch(`${url}${target}`, {
        method: route.method,
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { "content-type": type }), ...headers },
        ...(body === undefined ? {} : { body }),
      });
    } catch (cause) {
      throw unreachable(url, cause);
    }
    if (response.status >= 200 && response.status < 300) return response;
    const text = route.method === "HEAD" ? "" : await response.text().catch(() => "");
    throw errorOfAnswer(response.status, parsedJson(text), what);
  }

  async json<R extends Route>(route: R, input: Input): Promise<unknown> {
    const response = await this.send(route, input);
    const text = await response.text();
    if (route.gives === "none") return undefined;
    if (route.gives === "text") return text;
    const parsed = route.response.safeParse(parsedJson(text));
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.slice(0, 3).map((i) => `${i.path.join(".")}: ${i.message}`);
    throw new KedgeError(apiCodes.badAnswer, `the answer to ${route.method} ${route.path} is not what this version expects: ${faults.join("; ")}`, {
      hint: "Use the same version of command and collector; `kedge version` shows both.",
    });
  }

  async *events(input: Input): AsyncGenerator<ApiEvent, void, undefined> {
    const route = routes.events.stream;
    const response = await this.send(route, input, undefined, { accept: "text/event-stream" });
    if (response.body === null) return;
    try {
      for await (const event of readEvents(chunksOf(response.body.getReader()))) {
        const parsed = apiEvent.safeParse(parsedJson(event.data));
        // A newer collector may tell of things that this version does not know.
        if (parsed.success) yield parsed.data;
      }
    } catch (cause) {
      if (cause instanceof EventStreamFault) throw new KedgeError(apiCodes.badAnswer, messageOf(cause), { cause });
      throw unreachable(this.#options.url, cause);
    }
  }
}

function unreachable(url: string, cause: unknown): KedgeError {
  const inner = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
  return new KedgeError(apiCodes.unreachable, `the collector at ${url} cannot be reached: ${inner === "" ? messageOf(cause) : inner}`, {
    hint: "Is it running, and is the address right? `kedge collector` starts one; `kedge context ls` shows the addresses you use.",
    context: { exit: "address", url },
    retryable: true,
    cause,
  });
}

async function* chunksOf(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value !== undefined) yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * A client of one collector, made from the route table. Every call throws KedgeError: the collector's own refusals with
 * their code and hint and the exit reason of their status, `api/unreachable`, `api/bad-answer`.
 */
export function createClient(options: ClientOptions): KedgeClient {
  const caller = new Caller(options);
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [group, rows] of Object.entries(routes)) {
    const calls: Record<string, unknown> = {};
    for (const [verb, row] of Object.entries(rows as Readonly<Record<string, Route>>)) calls[verb] = (input: Input = {}) => caller.json(row, input);
    groups[group] = calls;
  }
  const { put, head, get } = routes.blobs;
  groups["blobs"] = {
    put: async ({ sha256 }: { readonly sha256: string }, bytes: Octets) =>
      put.response.parse(parsedJson(await (await caller.send(put, { sha256 }, bytes)).text())),
    head: async (input: Input) => {
      try {
        await caller.send(head, input);
        return true;
      } catch (error) {
        if (error instanceof KedgeError && error.context["status"] === 404) return false;
        throw error;
      }
    },
    get: async (input: Input) => new Uint8Array(await (await caller.send(get, input)).arrayBuffer()),
  };
  groups["events"] = { stream: (input: Input = {}) => caller.events(input) };
  return groups as unknown as KedgeClient;
}
