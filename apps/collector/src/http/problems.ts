import { apiCodes, type Problem, problemMediaType, problemOf } from "@kedge/api";
import { KedgeError, type Log, messageOf } from "@kedge/core";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Refusal } from "../commands.js";

/** Thrown inside the server to answer with a problem. */
export class ProblemAnswer extends Error {
  override readonly name = "ProblemAnswer";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The problem that a refused command is answered with. */
export function problemOfRefusal(refusal: Refusal): Problem {
  return problemOf(refusal.reason, refusal.code, refusal.message, refusal.hint === undefined ? {} : { hint: refusal.hint });
}

/** Every fault of a request at once; `part` says where: params, query or body. */
export function invalidRequest(part: string, issues: readonly z.core.$ZodIssue[]): ProblemAnswer {
  const errors = issues.slice(0, 50).map((i) => ({ path: [part, ...i.path].join("."), message: i.message }));
  return new ProblemAnswer(
    problemOf("usage", apiCodes.invalidRequest, "the request does not fit this route", { hint: "GET /v1/openapi.json describes every route.", errors }),
  );
}

const frameworkReasons: Readonly<Record<number, readonly [reason: string, code: string]>> = {
  400: ["usage", apiCodes.invalidRequest],
  404: ["not-found", apiCodes.noSuchRoute],
  413: ["too-large", apiCodes.tooLarge],
  415: ["media-type", apiCodes.wrongMediaType],
};

/** What anything that was thrown is answered with; what nobody foresaw is logged here, once, and not told. */
export function problemOfError(error: unknown, log: Log, requestId: string): Problem {
  if (error instanceof ProblemAnswer) return { ...error.problem, requestId };
  const status = typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  const framework = error instanceof KedgeError ? undefined : frameworkReasons[status];
  if (framework !== undefined) return problemOf(framework[0], framework[1], messageOf(error), { requestId });
  const reason = error instanceof KedgeError ? error.context["exit"] : undefined;
  if (error instanceof KedgeError && typeof reason === "string") {
    log.warn({ err: error, requestId, code: error.code }, "a request was refused");
    return problemOf(reason, error.code, error.message, { requestId, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
  log.error({ err: error, requestId }, "a request failed");
  const code = error instanceof KedgeError ? error.code : apiCodes.internal;
  return problemOf("error", code, "the collector failed to answer", { requestId, hint: `The collector's log says why, at request ${requestId}.` });
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(problemMediaType).send(JSON.stringify(problem));
}
