import type { z } from "zod";
import { nothing } from "./fields.js";

/** What a caller may do; each role may do what the ones before it may. */
export const roles = ["viewer", "operator", "admin"] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** Whether `role` may do what asks for `least`. */
export function isAllowed(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

/** Methods of the API. GET, HEAD and DELETE carry a query and no body, the others a body and no query. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How a body or an answer is written. `events`: a stream of server-sent events. */
export type Carried = "none" | "json" | "octets" | "text" | "events";

/** One row of the route table. */
export interface Route<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly method: Method;
  /** With parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  /** The least role that may call it; `public` needs no token. */
  readonly role: Role | "public";
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly response: R;
  /** Of a success. */
  readonly status: 200 | 201 | 204;
  readonly takes: Carried;
  readonly gives: Carried;
}

interface RouteParts<P, Q, B, R> {
  readonly role: Role | "public";
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response?: R;
  readonly status?: Route["status"];
  readonly takes?: Carried;
  readonly gives?: Carried;
}

type Nothing = typeof nothing;

/** Writes a row of the table: what is left out is nothing, JSON and 200. */
export function route<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing, B extends z.ZodType = Nothing, R extends z.ZodType = Nothing>(
  method: Method,
  path: string,
  parts: RouteParts<P, Q, B, R>,
): Route<P, Q, B, R> {
  return {
    method,
    path,
    summary: parts.summary,
    role: parts.role,
    params: parts.params ?? (nothing as unknown as P),
    query: parts.query ?? (nothing as unknown as Q),
    body: parts.body ?? (nothing as unknown as B),
    response: parts.response ?? (nothing as unknown as R),
    status: parts.status ?? 200,
    takes: parts.takes ?? (parts.body === undefined ? "none" : "json"),
    gives: parts.gives ?? (parts.response === undefined ? "none" : "json"),
  };
}

/** All that a caller gives, in one object: path parameters, and query or body. */
export type InputOf<R extends Route> = z.input<R["params"]> & z.input<R["query"]> & z.input<R["body"]>;

/** The same after parsing: defaults filled in, ids branded. */
export type RequestOf<R extends Route> = z.output<R["params"]> & z.output<R["query"]> & z.output<R["body"]>;

/** What a success carries. */
export type OutputOf<R extends Route> = z.output<R["response"]>;

/** The names of a path's parameters. */
export function paramNames(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z0-9]+)/g)].map((m) => m[1] ?? "");
}
