import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type ApiEvent, apiCodes, problemOf, routes } from "@kedge/api";
import { type Log, messageOf } from "@kedge/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Queries } from "../commands.js";
import { ProblemAnswer } from "./problems.js";
import { guard, requestOf, type Tokens } from "./register.js";

/** Streams at once; each holds a connection. */
const maxStreams = 256;
/** Proxies close what is silent for a minute. */
const beatMs = 15_000;

/** The open streams of events, so that the server can end them. */
export class EventStreams {
  readonly #open = new Set<AbortController>();
  #refused = 0;

  get open(): number {
    return this.#open.size;
  }

  /** How many were turned away for want of room. */
  get refused(): number {
    return this.#refused;
  }

  /** Joins `GET /v1/events` to the server. */
  register(app: FastifyInstance, parts: { readonly tokens: Tokens; readonly queries: Queries; readonly log: Log }): void {
    const route = routes.events.stream;
    app.route({
      method: "GET",
      url: route.path,
      onRequest: guard(route, parts.tokens),
      handler: async (request, reply) => {
        const after = lastSeen(request);
        if (this.#open.size >= maxStreams) {
          this.#refused += 1;
          throw new ProblemAnswer(
            problemOf("busy", apiCodes.tooMany, `${maxStreams} streams of events are open already`, { hint: "Close one, or try again later." }),
          );
        }
        const ending = new AbortController();
        this.#open.add(ending);
        reply.hijack();
        const { raw } = reply;
        raw.once("close", () => ending.abort());
        raw.writeHead(200, {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
          "x-content-type-options": "nosniff",
        });
        try {
          await send(raw, parts.queries.events(after, ending.signal), ending.signal);
        } catch (error) {
          parts.log.warn({ err: error }, `a stream of events broke: ${messageOf(error)}`);
        } finally {
          ending.abort();
          this.#open.delete(ending);
          raw.end();
        }
      },
    });
  }

  endAll(): void {
    for (const ending of this.#open) ending.abort();
  }
}

function lastSeen(request: FastifyRequest): string | undefined {
  const asked = requestOf(routes.events.stream, request) as { readonly after?: string | undefined };
  const header = request.headers["last-event-id"];
  return typeof header === "string" && header !== "" && header.length <= 80 ? header : asked.after;
}

async function send(raw: ServerResponse, events: AsyncIterable<ApiEvent>, signal: AbortSignal): Promise<void> {
  raw.write(": kedge\n\n");
  const beat = setInterval(() => raw.write(": beat\n\n"), beatMs);
  try {
    for await (const event of events) {
      const isRoom = raw.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      // A reader that does not read must not fill this process's memory.
      if (!isRoom && !signal.aborted) await once(raw, "drain", { signal }).catch(() => {});
      if (signal.aborted) return;
    }
  } finally {
    clearInterval(beat);
  }
}
