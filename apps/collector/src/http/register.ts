import { createHash } from "node:crypto";
import { apiCodes, isAllowed, problemOf, type RequestOf, type Route } from "@kedge/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Answer, Caller } from "../commands.js";
import type { IdempotencyMemory } from "./idempotency.js";
import { invalidRequest, ProblemAnswer, problemOfRefusal } from "./problems.js";

/** Who a bearer token is; `undefined` for nobody. */
export type Tokens = (bearer: string) => Caller | undefined | Promise<Caller | undefined>;

/** What routes need of the server. */
export interface RegisterContext {
  readonly tokens: Tokens;
  readonly idempotency: IdempotencyMemory;
}

/** Beside its row of the table: how large a body may be. */
export interface RouteOptions {
  readonly maxBodyBytes?: number;
}

/** Answers one row of the table. What it gives back is checked against the row's schema, and fields that are not in it are left out. */
export type Answerer<R extends Route> = (request: RequestOf<R>, caller: Caller) => Promise<Answer<z.input<R["response"]>>>;

/** Joins a row of the route table with what answers it. */
export type On = <R extends Route>(route: R, answer: Answerer<R>, options?: RouteOptions) => void;

const nobody: Caller = { name: "anonymous", role: "viewer" };
const callers = new WeakMap<FastifyRequest, Caller>();

/** Who sent a request that was let in. */
export function callerOf(request: FastifyRequest): Caller {
  return callers.get(request) ?? nobody;
}

function unauthenticated(detail: string): ProblemAnswer {
  return new ProblemAnswer(
    problemOf("auth", apiCodes.unauthenticated, detail, {
      hint: "Send `Authorization: Bearer TOKEN`; the collector writes its first token to `admin-token` in its data directory.",
    }),
  );
}

/** Lets in who may call the route; runs before anything of the body is read. */
export function guard(route: Route, tokens: Tokens): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const { role } = route;
  return async (request, reply) => {
    if (role === "public") return;
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? "")?.[1];
    const caller = bearer === undefined ? undefined : await tokens(bearer);
    if (caller === undefined) {
      void reply.header("www-authenticate", 'Bearer realm="kedge"');
      throw unauthenticated(bearer === undefined ? "the request carries no token" : "the token is not known, has expired or was revoked");
    }
    if (!isAllowed(caller.role, role)) {
      const detail = `${route.method} ${route.path} is for the role ${role} and above; this token is ${caller.role}`;
      throw new ProblemAnswer(
        problemOf("forbidden", apiCodes.forbidden, detail, { hint: "Use a token of that role: `kedge access create --role` makes one." }),
      );
    }
    callers.set(request, caller);
  };
}

function parsedPart(name: string, schema: z.ZodType, value: unknown): Readonly<Record<string, unknown>> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(name, parsed.error.issues);
  return parsed.data as Readonly<Record<string, unknown>>;
}

/** Path, query and body in one object, parsed by the table. */
export function requestOf(route: Route, request: FastifyRequest): Readonly<Record<string, unknown>> {
  const params = parsedPart("params", route.params, request.params);
  const query = parsedPart("query", route.query, request.query);
  const body = route.takes === "json" ? parsedPart("body", route.body, request.body ?? {}) : {};
  return { ...params, ...query, ...body };
}

interface Written {
  readonly status: number;
  readonly body: string;
}

async function written(route: Route, answer: Promise<Answer<unknown>>): Promise<Written> {
  const given = await answer;
  if (given.kind === "refused") throw new ProblemAnswer(problemOfRefusal(given));
  if (route.gives === "none") return { status: route.status, body: "" };
  const value = route.response.parse(given.value);
  return { status: route.status, body: route.gives === "text" ? String(value) : JSON.stringify(value) };
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers["idempotency-key"];
  if (request.method !== "POST" || header === undefined) return undefined;
  const key = Array.isArray(header) ? header.join() : header;
  if (!/^[\x21-\x7e]{1,128}$/.test(key))
    throw invalidRequest("headers", [{ code: "custom", path: ["idempotency-key"], message: "must be 1 to 128 visible characters", input: key }]);
  return `${callerOf(request).name} ${request.url} ${key}`;
}

async function onceByKey(request: FastifyRequest, memory: IdempotencyMemory, act: () => Promise<Written>): Promise<Written> {
  const key = keyOf(request);
  if (key === undefined) return act();
  const fingerprint = createHash("sha256")
    .update(JSON.stringify(request.body ?? null))
    .digest("hex");
  const given = await memory.once(key, fingerprint, act);
  if (given !== undefined) return given;
  throw new ProblemAnswer(
    problemOf("conflict", apiCodes.keyReused, "this Idempotency-Key came before with another request", { hint: "Use a new key for a new request." }),
  );
}

/** Gives the function that joins rows of the table to the server. */
export function registrar(app: FastifyInstance, context: RegisterContext): On {
  return (route, answer, options = {}) => {
    app.route({
      method: route.method,
      url: route.path,
      ...(options.maxBodyBytes === undefined ? {} : { bodyLimit: options.maxBodyBytes }),
      onRequest: guard(route, context.tokens),
      handler: async (request, reply) => {
        const asked = requestOf(route, request) as RequestOf<typeof route>;
        const { status, body } = await onceByKey(request, context.idempotency, () => written(route, answer(asked, callerOf(request))));
        void reply.code(status);
        if (route.gives === "none") return reply.send();
        return reply.type(route.gives === "text" ? "text/plain; version=0.0.4; charset=utf-8" : "application/json; charset=utf-8").send(body);
      },
    });
  };
}
