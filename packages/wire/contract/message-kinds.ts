import type fc from "fast-check";
import * as wire from "../src/index.js";
import * as arbitrary from "./arbitraries.js";

/** One message as the laws see it: bytes both ways, and any value of it. */
export interface MessageKind<T = unknown> {
  readonly name: string;
  readonly any: fc.Arbitrary<T>;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): wire.Decoded<T> | wire.Rejected;
  readonly maxBytes: number;
}

const kind = <T>(
  name: string,
  of: fc.Arbitrary<T>,
  codec: { encode(value: T): Uint8Array; decode(bytes: Uint8Array): wire.Decoded<T> | wire.Rejected; maxBytes: number },
): MessageKind => ({ name, any: of, ...codec }) as unknown as MessageKind;

const { wireLimits: limits } = wire;

/** Every message of the wire. */
export const messageKinds: readonly MessageKind[] = [
  kind("window", arbitrary.window, { encode: wire.encodeWindow, decode: wire.decodeWindow, maxBytes: limits.windowBytes }),
  kind("sample", arbitrary.sample, { encode: wire.encodeSample, decode: wire.decodeSample, maxBytes: limits.sampleBytes }),
  kind("ack", arbitrary.ack, { encode: wire.encodeAck, decode: wire.decodeAck, maxBytes: limits.smallBytes }),
  kind("birth", arbitrary.birth, { encode: wire.encodeBirth, decode: wire.decodeBirth, maxBytes: limits.smallBytes }),
  kind("death", arbitrary.death, { encode: wire.encodeDeath, decode: wire.decodeDeath, maxBytes: limits.smallBytes }),
  kind("reported-state", arbitrary.reportedState, { encode: wire.encodeReportedState, decode: wire.decodeReportedState, maxBytes: limits.smallBytes }),
  kind("update-event", arbitrary.updateEvent, { encode: wire.encodeUpdateEvent, decode: wire.decodeUpdateEvent, maxBytes: limits.smallBytes }),
  kind("desired-state", arbitrary.desiredState, { encode: wire.encodeDesiredState, decode: wire.decodeDesiredState, maxBytes: limits.smallBytes }),
  kind("signed-desired-state", arbitrary.signedDesiredState, {
    encode: wire.encodeSignedDesiredState,
    decode: wire.decodeSignedDesiredState,
    maxBytes: limits.smallBytes,
  }),
  kind("chunk-request", arbitrary.chunkRequest, { encode: wire.encodeChunkRequest, decode: wire.decodeChunkRequest, maxBytes: limits.smallBytes }),
  kind("chunk", arbitrary.chunk, { encode: wire.encodeChunk, decode: wire.decodeChunk, maxBytes: limits.chunkMessageBytes }),
  kind("enroll-request", arbitrary.enrollRequest, { encode: wire.encodeEnrollRequest, decode: wire.decodeEnrollRequest, maxBytes: limits.enrollBytes }),
  kind("enroll-response", arbitrary.enrollResponse, { encode: wire.encodeEnrollResponse, decode: wire.decodeEnrollResponse, maxBytes: limits.enrollBytes }),
  kind("profile", arbitrary.profile, { encode: wire.encodeProfile, decode: wire.decodeProfile, maxBytes: limits.profileBytes }),
  kind("reference-profile", arbitrary.referenceProfile, {
    encode: wire.encodeReferenceProfile,
    decode: wire.decodeReferenceProfile,
    maxBytes: limits.referenceBytes,
  }),
];
