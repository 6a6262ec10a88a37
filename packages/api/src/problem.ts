import { KedgeError } from "@kedge/core";
import { z } from "zod";
import { apiCodes } from "./errors.js";

/** An error answer (RFC 9457), media type {@link problemMediaType}. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** What was being done, with what. */
  detail: z.string(),
  /** Stable, `room/kebab-case`. */
  code: z.string(),
  /** What to do about it; empty when nobody knows. */
  hint: z.string(),
  /** What is wrong with a request, field by field. */
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .readonly()
    .optional(),
  requestId: z.string().optional(),
});

/** See {@link problem}. */
export type Problem = z.infer<typeof problem>;

/** What an error answer is sent as. */
export const problemMediaType = "application/problem+json";

/** Why something was refused: the words of `context.exit` of a KedgeError, and the ones that only a request can have. */
export type RefusalReason =
  | "usage"
  | "auth"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "too-large"
  | "media-type"
  | "untrusted"
  | "timeout"
  | "busy"
  | "config"
  | "address"
  | "storage"
  | "error";

const statusOf: Readonly<Record<RefusalReason, readonly [status: number, title: string]>> = {
  usage: [400, "The request is not valid"],
  auth: [401, "A valid token is needed"],
  forbidden: [403, "The token does not allow this"],
  "not-found": [404, "There is no such thing"],
  conflict: [409, "The state of things does not allow this"],
  "too-large": [413, "The request is too large"],
  "media-type": [415, "The request is of the wrong media type"],
  untrusted: [422, "A digest or signature does not match"],
  busy: [429, "Too much at once"],
  error: [500, "The collector failed"],
  config: [500, "The collector's configuration does not allow this"],
  address: [502, "An address cannot be reached"],
  timeout: [504, "It took too long"],
  storage: [507, "The collector cannot store this"],
};

/** The status and title that a refusal is answered with. */
export function statusForReason(reason: string): readonly [status: number, title: string] {
  return Object.hasOwn(statusOf, reason) ? statusOf[reason as RefusalReason] : statusOf.error;
}

/** The word for a program's exit (`context.exit`) that a status stands for; see `exitCodeOf` of @kedge/core. */
export function exitReasonOf(status: number): string {
  const found = Object.entries(statusOf).find(([, [own]]) => own === status)?.[0];
  if (found === "forbidden") return "auth";
  if (found === "too-large" || found === "media-type") return "usage";
  if (status === 408) return "timeout";
  if (status === 412) return "conflict";
  return found ?? (status >= 400 && status < 500 ? "usage" : "error");
}

/** A refusal as the answer that carries it. */
export function problemOf(reason: string, code: string, detail: string, more: Partial<Pick<Problem, "hint" | "errors" | "requestId">> = {}): Problem {
  const [status, title] = statusForReason(reason);
  return { type: `urn:kedge:error:${code}`, title, status, detail, code, hint: "", ...more };
}

/** The fault that an error answer tells of. `answer` is what came, whatever it is; `what` says what was asked. */
export function errorOfAnswer(status: number, answer: unknown, what: string): KedgeError {
  const parsed = problem.safeParse(answer);
  const context = { exit: exitReasonOf(status), status };
  const retryable = status === 429 || status === 502 || status === 503 || status === 504;
  if (!parsed.success) {
    return new KedgeError(apiCodes.badAnswer, `${what} was answered with status ${status}, which was not explained`, {
      hint: "Is this the address of a collector?",
      context,
      retryable,
    });
  }
  const { code, detail, hint, errors = [], requestId } = parsed.data;
  const list = errors.map((e) => `\n  - ${e.path === "" ? "" : `${e.path}: `}${e.message}`).join("");
  return new KedgeError(code, `${detail}${list}`, {
    ...(hint === "" ? {} : { hint }),
    context: { ...context, ...(requestId === undefined ? {} : { requestId }) },
    retryable,
  });
}
