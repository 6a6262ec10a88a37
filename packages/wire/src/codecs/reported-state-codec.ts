import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import { type LinkBudget, type ReportedState, type UpdateEvent, type UpdateState, updateStates } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { cleanText, type Fields } from "./fields.js";
import { digestBytes } from "./hex.js";
import { keyFromRaw, keyShape, keyToRaw } from "./key.js";

const reportedCodec: Codec<kedge.v1.ReportedState.$Properties, ReportedState> = {
  name: "reported state",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 }, 19: { most: 1 } },
  type: kedge.v1.ReportedState,
  toRaw: (state) => ({
    format: formatVersion,
    deviceId: state.deviceId,
    bootEpoch: state.bootEpoch,
    atMs: state.atMs,
    runningDigest: digestBytes(state.runningDigest),
    previousDigest: digestBytes(state.previousDigest),
    targetDigest: digestBytes(state.targetDigest),
    desiredVersion: state.desiredVersion,
    update: numberOf(state.update),
    reason: cleanText(state.reason),
    outboxRecords: state.outbox.records,
    outboxBytes: state.outbox.bytes,
    outboxDropped: state.outbox.dropped,
    windows: state.counters.windows,
    predictions: state.counters.predictions,
    errors: state.counters.errors,
    samples: state.counters.samples,
    quietMs: state.quietMs ?? 0,
    budget: state.budget ?? null,
  }),
  fromRaw: (raw, fields) => ({
    deviceId: fields.deviceId(raw.deviceId),
    bootEpoch: fields.whole(raw.bootEpoch, "boot_epoch", { least: 1 }),
    atMs: fields.time(raw.atMs, "at_ms"),
    runningDigest: fields.digestOrNull(raw.runningDigest, "running_digest"),
    previousDigest: fields.digestOrNull(raw.previousDigest, "previous_digest"),
    desiredVersion: fields.whole(raw.desiredVersion, "desired_version"),
    update: stateFrom(raw.update, "update", fields),
    targetDigest: fields.digestOrNull(raw.targetDigest, "target_digest"),
    reason: fields.text(raw.reason, "reason", wireLimits.text),
    outbox: {
      records: fields.whole(raw.outboxRecords, "outbox_records"),
      bytes: fields.amount(raw.outboxBytes, "outbox_bytes"),
      dropped: fields.whole(raw.outboxDropped, "outbox_dropped"),
    },
    counters: {
      windows: fields.whole(raw.windows, "windows"),
      predictions: fields.amount(raw.predictions, "predictions"),
      errors: fields.whole(raw.errors, "errors"),
      samples: fields.whole(raw.samples, "samples"),
    },
    ...((raw.quietMs ?? 0) === 0 ? {} : { quietMs: fields.whole(raw.quietMs, "quiet_ms", { most: wireLimits.quietMs }) }),
    ...(raw.budget === null || raw.budget === undefined ? {} : { budget: budgetFrom(raw.budget, fields) }),
  }),
};

function budgetFrom(raw: kedge.v1.LinkBudget.$Properties, fields: Fields): LinkBudget {
  return {
    bytesPerDay: fields.amount(raw.bytesPerDay, "bytes_per_day"),
    spentBytes: fields.amount(raw.spentBytes, "spent_bytes"),
    mergedWindows: fields.whole(raw.mergedWindows, "merged_windows"),
    droppedDetails: fields.whole(raw.droppedDetails, "dropped_details"),
    droppedSamples: fields.whole(raw.droppedSamples, "dropped_samples"),
  };
}

function numberOf(state: UpdateState): number {
  return updateStates.indexOf(state) + 1;
}

function stateFrom(number: number | null | undefined, name: string, fields: Fields): UpdateState {
  const state = updateStates[(number ?? 0) - 1];
  fields.check(state !== undefined, `${name} ${number ?? 0} is no update state`);
  return state ?? "IDLE";
}

/** A report as a device sends it. `reason` is cut to what fits, and cleared of control characters. */
export function encodeReportedState(state: ReportedState): Uint8Array {
  return encodeAs(reportedCodec, state);
}

/** The report in bytes from outside. */
export function decodeReportedState(bytes: Uint8Array): Decoded<ReportedState> | Rejected {
  return decodeAs(reportedCodec, bytes);
}

const eventCodec: Codec<kedge.v1.UpdateEvent.$Properties, UpdateEvent> = {
  name: "update event",
  maxBytes: wireLimits.smallBytes,
  shape: keyShape,
  type: kedge.v1.UpdateEvent,
  toRaw: (event) => ({
    format: formatVersion,
    ...keyToRaw(event.key),
    atMs: event.atMs,
    rolloutId: event.rolloutId ?? "",
    desiredVersion: event.desiredVersion,
    from: numberOf(event.from),
    to: numberOf(event.to),
    targetDigest: digestBytes(event.targetDigest),
    reason: cleanText(event.reason),
  }),
  fromRaw: (raw, fields) => ({
    key: keyFromRaw(raw, fields),
    atMs: fields.time(raw.atMs, "at_ms"),
    rolloutId: fields.text(raw.rolloutId, "rollout_id") || null,
    desiredVersion: fields.whole(raw.desiredVersion, "desired_version"),
    from: stateFrom(raw.from, "the state before", fields),
    to: stateFrom(raw.to, "the state after", fields),
    targetDigest: fields.digestOrNull(raw.targetDigest, "target_digest"),
    reason: fields.text(raw.reason, "reason", wireLimits.text),
  }),
};

/** An update's step as it goes into the outbox and over the link. */
export function encodeUpdateEvent(event: UpdateEvent): Uint8Array {
  return encodeAs(eventCodec, event);
}

/** The update's step in bytes from outside. */
export function decodeUpdateEvent(bytes: Uint8Array): Decoded<UpdateEvent> | Rejected {
  return decodeAs(eventCodec, bytes);
}
