import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { Chunk, ChunkRequest } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { digestBytes } from "./hex.js";

/** How many chunks a blob of `totalBytes` has; an empty one has one empty chunk. */
export function chunkCountOf(totalBytes: number): number {
  return Math.max(1, Math.ceil(totalBytes / wireLimits.chunkBytes));
}

/** How many bytes chunk `index` of a blob of `totalBytes` has. */
export function chunkLengthOf(totalBytes: number, index: number): number {
  return Math.max(0, Math.min(wireLimits.chunkBytes, totalBytes - index * wireLimits.chunkBytes));
}

const requestCodec: Codec<kedge.v1.ChunkRequest.$Properties, ChunkRequest> = {
  name: "chunk request",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 } },
  type: kedge.v1.ChunkRequest,
  toRaw: (request) => ({ format: formatVersion, digest: digestBytes(request.digest), index: request.index, count: request.count }),
  fromRaw: (raw, fields) => ({
    digest: fields.digest(raw.digest, "digest"),
    index: fields.whole(raw.index, "index", { most: chunkCountOf(wireLimits.blobBytes) - 1 }),
    count: fields.whole(raw.count, "count", { least: 1, most: wireLimits.chunkCount }),
  }),
};

/** A request as a device sends it. */
export function encodeChunkRequest(request: ChunkRequest): Uint8Array {
  return encodeAs(requestCodec, request);
}

/** The request in bytes from outside. */
export function decodeChunkRequest(bytes: Uint8Array): Decoded<ChunkRequest> | Rejected {
  return decodeAs(requestCodec, bytes);
}

const chunkCodec: Codec<kedge.v1.Chunk.$Properties, Chunk> = {
  name: "chunk",
  maxBytes: wireLimits.chunkMessageBytes,
  shape: { 1: { most: 1 } },
  type: kedge.v1.Chunk,
  toRaw: (chunk) => ({ format: formatVersion, digest: digestBytes(chunk.digest), index: chunk.index, total: chunk.total, content: chunk.bytes }),
  fromRaw: (raw, fields) => {
    const total = fields.whole(raw.total, "total");
    const index = fields.whole(raw.index, "index", { most: chunkCountOf(total) - 1 });
    const length = chunkLengthOf(total, index);
    return { digest: fields.digest(raw.digest, "digest"), index, total, bytes: fields.bytes(raw.content, "content", { least: length, most: length }) };
  },
};

/** A chunk as the collector sends it. */
export function encodeChunk(chunk: Chunk): Uint8Array {
  return encodeAs(chunkCodec, chunk);
}

/** The chunk in bytes from outside: it has the length that its place in the blob demands. Its content is unverified. */
export function decodeChunk(bytes: Uint8Array): Decoded<Chunk> | Rejected {
  return decodeAs(chunkCodec, bytes);
}
