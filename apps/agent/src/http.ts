import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, KedgeError, type Log, messageOf } from "@kedge/core";
import type { InputPreprocessing, Outcome } from "@kedge/inference";
import { elementCount, type Reading, readReading, type Tensor } from "@kedge/sensor";
import type { ModelSlot } from "./model-slot.js";
import type { SenseLoop } from "./sense-loop.js";

/** What the server needs of the program. */
export interface HttpDeps {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly sense: SenseLoop;
  readonly status: () => unknown;
  readonly clock: Clock;
  readonly log: Log;
}

/** A fault as `application/problem+json` (RFC 9457). */
interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
}

const maxConnections = 128;
const utf8 = new TextDecoder("utf-8", { fatal: true });

type Answer = { readonly status: number; readonly body: unknown };

const problem = (status: number, code: string, title: string, detail: string): Problem => ({ status, code, title, detail });

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | Problem> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) return problem(413, "agent/body-too-large", "Too large", `a body may have ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The model's only raw tensor input, for bodies of bare bytes. */
function onlyRawInput(model: ModelSlot): (InputPreprocessing & { readonly from: string; readonly raw: NonNullable<InputPreprocessing["raw"]> }) | undefined {
  const [input, ...more] = Object.values(model.manifest.preprocessing.inputs);
  if (input === undefined || more.length > 0 || typeof input.from !== "string" || input.raw === null) return undefined;
  return { ...input, from: input.from, raw: input.raw };
}

function rawTensor(bytes: Uint8Array, raw: NonNullable<InputPreprocessing["raw"]>): Tensor | Problem {
  const dims = raw.dims.map((d) => (d === -1 ? 1 : d));
  const expected = elementCount(dims) * (raw.type === "uint8" ? 1 : 4);
  if (raw.type !== "uint8" && raw.type !== "float32") return problem(415, "agent/raw-type", "Not as bytes", `inputs of type ${raw.type} go as JSON`);
  if (bytes.length !== expected) {
    return problem(422, "inference/wrong-shape", "Wrong shape", `expected ${expected} bytes (${raw.type}, [${dims.join(", ")}]), found ${bytes.length}`);
  }
  if (raw.type === "uint8") return { type: "uint8", dims, values: new Uint8Array(bytes) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type: "float32", dims, values: Float32Array.from({ length: expected / 4 }, (_, i) => view.getFloat32(4 * i, true)) };
}

function readingOf(request: IncomingMessage, body: Uint8Array, model: ModelSlot, defaults: { id: string; atMs: number }): Reading | Problem {
  if ((request.headers["content-type"] ?? "").startsWith("application/octet-stream")) {
    const input = onlyRawInput(model);
    if (input === undefined) return problem(415, "agent/raw-inputs", "Not as bytes", "this model takes more than one tensor: send JSON");
    const tensor = rawTensor(body, input.raw);
    return "status" in tensor ? tensor : { ...defaults, inputs: { [input.from]: tensor } };
  }
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(body));
  } catch (error) {
    return problem(400, "agent/not-json", "Not JSON", error instanceof SyntaxError ? error.message : "the bytes are not UTF-8");
  }
  const read = readReading(json, defaults);
  return read.kind === "reading" ? read.reading : problem(422, read.code, "No reading", read.message);
}

/** What a model said, as programs read it. */
function answerOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case "classification":
      return { label: outcome.label, score: outcome.probabilities[outcome.classIndex], probabilities: [...outcome.probabilities] };
    case "regression":
      return { value: outcome.value };
    case "anomaly":
      return { score: outcome.score };
    case "detection":
      return { boxes: outcome.boxes, dropped: outcome.dropped };
  }
}

async function predict(request: IncomingMessage, url: URL, deps: HttpDeps, id: number): Promise<Answer | Problem> {
  const body = await bodyOf(request, deps.maxBodyBytes);
  if ("status" in body) return body;
  const model = deps.sense.model;
  const none = problem(503, "agent/no-model", "No model yet", "this device has not been given a model; roll one out to it");
  if (model === undefined) return none;
  const reading = readingOf(request, body, model, { id: `http-${id}`, atMs: deps.clock.nowMs() });
  if ("status" in reading) return reading;
  const predicted = await deps.sense.predict(reading, url.searchParams.get("observe") !== "false");
  if (predicted.kind === "no-model") return none;
  if (predicted.kind === "rejected") return problem(422, predicted.code, "The reading cannot be predicted", predicted.message);
  const { outcome, latencyMs, bundleDigest } = predicted.prediction;
  const said = answerOf(outcome);
  return { status: 200, body: { id: reading.id, ...said, latencyMs, bundle: bundleDigest } };
}

/** The address that is asked for; `undefined` for paths such as `//`, of which no address can be made. */
function urlOf({ url }: IncomingMessage): URL | undefined {
  try {
    return new URL(url ?? "/", "http://agent");
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, answer: Answer | Problem): void {
  const isProblem = "code" in answer;
  const body = isProblem ? { type: `urn:kedge:${answer.code}`, ...answer } : answer.body;
  response.writeHead(answer.status, { "content-type": isProblem ? "application/problem+json" : "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Serves predictions and the agent's state to programs on the same machine. Throws `agent/port-in-use`. */
export async function startHttp(deps: HttpDeps): Promise<{ readonly port: number; close(): Promise<void> }> {
  let requests = 0;
  const route = async (request: IncomingMessage): Promise<Answer | Problem> => {
    const url = urlOf(request);
    if (url === undefined) return problem(400, "agent/bad-url", "No address", "the path of the request is no path of an address");
    const key = `${request.method ?? ""} ${url.pathname}`;
    requests += 1;
    // A page in a browser must not be able to use this address: it has no business here, and no password stops it.
    if (request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined)
      return problem(403, "agent/browser", "Not for browsers", "call this address from a program");
    if (key === "POST /v1/predict") return predict(request, url, deps, requests);
    if (key === "GET /v1/status") return { status: 200, body: deps.status() };
    if (key === "GET /healthz") return { status: 200, body: { ok: true } };
    if (key === "GET /readyz")
      return deps.sense.model === undefined ? problem(503, "agent/no-model", "Not ready", "no model is served yet") : { status: 200, body: { ok: true } };
    return problem(404, "agent/no-route", "Not found", `there is no ${key}`);
  };
  const server: Server = createServer((request, response) => {
    route(request).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        deps.log.error({ error: messageOf(error) }, "a request failed");
        if (!response.headersSent) send(response, problem(500, "agent/failed", "Failed", "the agent's log says more"));
      },
    );
  });
  server.keepAliveTimeout = 30_000;
  // Each may hold a body in memory.
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const what = error.code === "EADDRINUSE" ? "is in use" : messageOf(error);
      reject(
        new KedgeError("agent/port-in-use", `listening on ${deps.host}:${deps.port} failed: the port ${what}`, {
          hint: "Choose another with --http-port, or 0 for a free one.",
          context: { exit: "address" },
          cause: error,
        }),
      );
    });
    server.listen(deps.port, deps.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
