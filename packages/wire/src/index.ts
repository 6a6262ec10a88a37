export { affords, bucketBytes, type BudgetTokens, type ByteBudget, publishBytes, refillTokens, type SendPriority } from "./byte-budget.js";
export { decodeAck, encodeAck } from "./codecs/ack-codec.js";
export { decodeBirth, decodeDeath, encodeBirth, encodeDeath } from "./codecs/birth-codec.js";
export { chunkCountOf, chunkLengthOf, decodeChunk, decodeChunkRequest, encodeChunk, encodeChunkRequest } from "./codecs/chunk-codec.js";
export {
  decodeDesiredState,
  decodeSignedDesiredState,
  desiredSigningBytes,
  encodeDesiredState,
  encodeSignedDesiredState,
} from "./codecs/desired-state-codec.js";
export { decodeEnrollRequest, decodeEnrollResponse, encodeEnrollRequest, encodeEnrollResponse } from "./codecs/enroll-codec.js";
export { type Outline, type OutlinePart, outlineOf } from "./codecs/outline.js";
export { decodeProfile, encodeProfile } from "./codecs/profile-codec.js";
export { ProfileReader, type ReadWindow } from "./codecs/profile-reader.js";
export { decodeReferenceProfile, encodeReferenceProfile, misfitOf } from "./codecs/reference-codec.js";
export { decodeReportedState, decodeUpdateEvent, encodeReportedState, encodeUpdateEvent } from "./codecs/reported-state-codec.js";
export { decodeSample, encodeSample } from "./codecs/sample-codec.js";
export { type Heading, readHeading } from "./codecs/scan.js";
export { decodeWindow, encodeWindow } from "./codecs/window-codec.js";
export type { Decoded, Rejected, RejectionCode } from "./decoded.js";
export { wireErrors } from "./errors.js";
export {
  isPublishTopic,
  isTopicFilter,
  type Link,
  type LinkMessage,
  type LinkState,
  type LinkStats,
  matchesFilter,
  type PublishOptions,
  type PublishOutcome,
  type Receive,
  type RetryableCode,
  type SelectiveLink,
  type SubscribeOutcome,
  type Unsubscribe,
  type Will,
} from "./link.js";
export {
  type Ack,
  type Birth,
  type Chunk,
  type ChunkRequest,
  type Death,
  type DesiredState,
  type DeviceBroker,
  type DeviceCounters,
  type EnrollRequest,
  type EnrollResponse,
  type HeldRange,
  type LinkBudget,
  type NamedKey,
  type OutboxReport,
  type ReportedState,
  type Sample,
  type SignedDesiredState,
  type UpdateEvent,
  type UpdateState,
  updateStates,
  type WireWindow,
} from "./messages.js";
export { type AppendOutcome, compareKeys, firstEpochAt, type Outbox, type OutboxKey, type OutboxKind, type OutboxRecord, type OutboxStats } from "./outbox.js";
export {
  alertTopic,
  type DeviceLeaf,
  deviceLeaves,
  enrollTopic,
  filterFor,
  hostTopic,
  leavesFromDevice,
  leavesToDevice,
  parseTopic,
  shardCount,
  shardOf,
  type Topic,
  topicFor,
  topicRoot,
} from "./topics.js";
export { wireLimits } from "./wire-limits.js";
