import { apiCodes, maxBlobBytes, problemOf, routes } from "@kedge/api";
import { parseSha256, type Sha256 } from "@kedge/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Commands, Queries } from "../commands.js";
import { found } from "./answers.js";
import { ProblemAnswer, problemOfRefusal } from "./problems.js";
import { callerOf, guard, requestOf, type Tokens } from "./register.js";

function tooLarge(): ProblemAnswer {
  return new ProblemAnswer(problemOf("too-large", apiCodes.tooLarge, `a blob has at most ${maxBlobBytes} bytes`));
}

/** The bytes as they come, and a refusal as soon as there are too many. */
async function* capped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of content) {
    bytes += part.length;
    if (bytes > maxBlobBytes) throw tooLarge();
    yield part;
  }
}

function digestOf(route: (typeof routes.blobs)["put" | "head" | "get"], request: FastifyRequest): Sha256 {
  const sha256 = parseSha256(requestOf(route, request)["sha256"]);
  if (sha256 === undefined) throw new ProblemAnswer(problemOf("usage", apiCodes.invalidRequest, "the path names no digest"));
  return sha256;
}

/** Joins the routes that carry octets to the server: bodies are passed on in parts, never held whole. */
export function registerBlobs(app: FastifyInstance, parts: { readonly tokens: Tokens; readonly queries: Queries; readonly commands: Commands }): void {
  const { put, head, get } = routes.blobs;
  const { tokens, queries, commands } = parts;
  app.addContentTypeParser("application/octet-stream", (_, payload, next) => next(null, payload));

  app.route({
    method: "PUT",
    url: put.path,
    onRequest: guard(put, tokens),
    handler: async (request, reply) => {
      const sha256 = digestOf(put, request);
      if (Number(request.headers["content-length"] ?? 0) > maxBlobBytes) throw tooLarge();
      const content = request.body as AsyncIterable<Uint8Array> | undefined;
      if (content === undefined || content === null)
        throw new ProblemAnswer(problemOf("media-type", apiCodes.wrongMediaType, "a blob is sent as application/octet-stream"));
      const answer = await commands.putBlob(sha256, capped(content), callerOf(request));
      if (answer.kind === "refused") throw new ProblemAnswer(problemOfRefusal(answer));
      return reply.code(answer.value.isNew ? 201 : 200).send({ sha256, ...answer.value });
    },
  });

  app.route({
    method: "HEAD",
    url: head.path,
    onRequest: guard(head, tokens),
    handler: async (request, reply) => reply.code((await queries.hasBlob(digestOf(head, request))) ? head.status : 404).send(),
  });

  app.route({
    method: "GET",
    url: get.path,
    onRequest: guard(get, tokens),
    handler: async (request, reply) => {
      const sha256 = digestOf(get, request);
      const blob = found(await queries.blob(sha256), `blob ${sha256}`);
      if (blob.kind === "refused") throw new ProblemAnswer(problemOfRefusal(blob));
      return reply.type("application/octet-stream").send(Buffer.from(blob.value.buffer, blob.value.byteOffset, blob.value.byteLength));
    },
  });
}
