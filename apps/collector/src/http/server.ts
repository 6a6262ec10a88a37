import { Server as HttpsServer } from "node:https";
import { apiCodes, problemOf, routes } from "@kedge/api";
import { type Clock, KedgeError, type Log, messageOf } from "@kedge/core";
import fastify, { type FastifyInstance } from "fastify";
import type { Commands, Queries } from "../commands.js";
import { registerBlobs } from "./blobs.js";
import { httpCodes } from "./errors.js";
import { IdempotencyMemory } from "./idempotency.js";
import { servePages } from "./pages.js";
import { problemOfError, sendProblem } from "./problems.js";
import { type On, registrar, type Tokens } from "./register.js";
import { accessRoutes } from "./routes/access.js";
import { alertRoutes } from "./routes/alerts.js";
import { driftRoutes } from "./routes/drift.js";
import { fleetRoutes, statusOfReadiness } from "./routes/fleet.js";
import { modelRoutes } from "./routes/models.js";
import { EventStreams } from "./streams.js";

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);
/** Most requests are a few lines; routes that take more say so. */
const maxBodyBytes = 1024 ** 2;
/** The whole request must have come after this, but for blobs, whose parts may take as long as the line needs. */
const headersTimeoutMs = 10_000;

/** How long requests under way may take to finish when the server closes; a client that says nothing must not hold it up. */
const closeGraceMs = 2_000;

/** What a server is made of. */
export interface HttpOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** PEM. Needed for a host that is not loopback. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly tokens: Tokens;
  readonly queries: Queries;
  readonly commands: Commands;
  /** The dashboard's built files; null for none. */
  readonly dashboardDir: string | null;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** How busy the server was since its start. */
export interface HttpStats {
  /** Answers by status. */
  readonly answers: ReadonlyMap<number, number>;
  readonly openStreams: number;
  readonly refusedStreams: number;
  readonly evictedIdempotencyKeys: number;
}

/** A server that listens. */
export interface RunningHttp {
  readonly port: number;
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  stats(): HttpStats;
  /** Ends streams, stops listening, and gives requests under way two seconds to finish. */
  /** New connections over TLS are given this certificate; those that stand keep theirs. */
  renewCredentials(credentials: { readonly key: string; readonly cert: string }): void;
  close(): Promise<void>;
}

/** Every address is no address to go to: who is told the URL reaches this machine by its own. */
const reachable: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

function urlOf(options: Pick<HttpOptions, "host" | "tls">, port: number): string {
  return `${options.tls === undefined ? "http" : "https"}://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`;
}

function listenFault(error: unknown, where: string): KedgeError {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  const details = { context: { exit: "address" }, cause: error };
  if (code === "EADDRINUSE") {
    return new KedgeError(httpCodes.portInUse, `listening on ${where} failed: the port is in use`, {
      ...details,
      hint: "Stop the program that listens there (a collector that still runs?), or choose another port with --http-port or http.port.",
    });
  }
  if (code === "EACCES") {
    return new KedgeError(httpCodes.portForbidden, `listening on ${where} failed: this user may not use the port`, {
      ...details,
      hint: "Choose a port above 1023 with --http-port or http.port.",
    });
  }
  return new KedgeError(httpCodes.addressUnavailable, `listening on ${where} failed: ${messageOf(error)}`, {
    ...details,
    hint: "http.host must be an address of this machine, such as 127.0.0.1.",
  });
}

function createApp(options: HttpOptions): FastifyInstance {
  const { log } = options;
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: false,
    connectionTimeout: 0,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    http: { headersTimeout: headersTimeoutMs },
    ...(options.tls === undefined ? {} : { https: { ...options.tls, minVersion: "TLSv1.2" as const, headersTimeout: headersTimeoutMs } }),
    frameworkErrors: (error, request, reply) => void sendProblem(reply, problemOfError(error, log, request.id)),
  }) as FastifyInstance;
  app.setErrorHandler((error, request, reply) => sendProblem(reply, problemOfError(error, log, request.id)));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problemOf("not-found", apiCodes.noSuchRoute, `there is no ${request.method} ${request.url.split("?")[0] ?? ""}`, {
        hint: "GET /v1/openapi.json lists every route.",
        requestId: request.id,
      }),
    ),
  );
  app.addHook("onSend", async (request, reply) => {
    void reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff").header("referrer-policy", "no-referrer");
    if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
  });
  return app;
}

function registerAll(app: FastifyInstance, on: On, options: HttpOptions): void {
  const { queries, commands } = options;
  fleetRoutes(on, queries, commands, options.version);
  accessRoutes(on, queries, commands);
  modelRoutes(on, queries, commands);
  driftRoutes(on, queries, commands);
  alertRoutes(on, queries, commands);
  registerBlobs(app, options);
  // The only route whose status depends on what it says.
  app.get(routes.health.ready.path, async (_, reply) => {
    const readiness = await queries.readiness();
    return reply.code(statusOfReadiness(readiness)).send(readiness);
  });
}

/**
 * Starts the HTTP API and the dashboard. KedgeError: `collector/insecure-http` for an address beyond loopback without
 * TLS, `collector/port-in-use`, `collector/port-forbidden`, `collector/address-unavailable`.
 */
export async function startHttp(options: HttpOptions): Promise<RunningHttp> {
  if (options.tls === undefined && !loopback.has(options.host)) {
    throw new KedgeError(httpCodes.insecureHttp, `listening on ${urlOf(options, options.port)} is refused: tokens would cross the network in clear`, {
      hint: "Set http.tls to true, or http.host to 127.0.0.1.",
      context: { exit: "config" },
    });
  }
  const app = createApp(options);
  const idempotency = new IdempotencyMemory(options.clock);
  const streams = new EventStreams();
  const answers = new Map<number, number>();
  app.addHook("onResponse", async (request, reply) => {
    answers.set(reply.statusCode, (answers.get(reply.statusCode) ?? 0) + 1);
    options.log.debug({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "answered");
  });
  registerAll(app, registrar(app, { tokens: options.tokens, idempotency }), options);
  streams.register(app, options);
  await servePages(app, options.dashboardDir);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw listenFault(error, urlOf(options, options.port));
  }
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return {
    port,
    url: urlOf({ ...options, host: reachable[options.host] ?? options.host }, port),
    renewCredentials(credentials) {
      if (app.server instanceof HttpsServer) app.server.setSecureContext({ ...credentials, minVersion: "TLSv1.2" });
    },
    stats: () => ({ answers, openStreams: streams.open, refusedStreams: streams.refused, evictedIdempotencyKeys: idempotency.evicted }),
    close: async () => {
      streams.endAll();
      const timer = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
      await app.close();
      clearTimeout(timer);
    },
  };
}
