export { ackFor, admit, type Admitted, type Duplicate, type MessageKey, throughOf } from "./admit.js";
export { announce, type Announced, type Announcement } from "./announce.js";
export { type ClosedEpoch, decodeIngestState, emptyIngestState, encodeIngestState, type EpochState, ingestLimits, type IngestState } from "./ingest-state.js";
export { awaitsBirth, placeWindow } from "./place-window.js";
export { type Ranges, sizeOf } from "./ranges.js";
export { countRefusal, noRefusals, type Refusal, type RefusalCode, refusalCodes, type RefusalCounts } from "./refusal.js";
export { firstPlausibleMs, isEarly, keyIn, type Passed, refusalCodeOf, screenMessage, screenWindow, type WindowFacts } from "./screen.js";
