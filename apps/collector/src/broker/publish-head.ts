import type { FrameScanner } from "./frame-scanner.js";

/** What can be seen of a PUBLISH that is not read to its end. */
export interface PublishHead {
  /** Empty where not even that had come. */
  readonly topic: string;
  /** As much of the payload as had come. */
  readonly payload: Uint8Array;
  /** Bytes that the packet would have. */
  readonly length: number;
}

const publishType = 3;

/** Reads the beginning of a packet that a scanner refused (MQTT 3.1.1, 3.3); `undefined` for packets that are no PUBLISH. */
export function publishHead(oversize: FrameScanner["oversize"], bytes: Uint8Array): PublishHead | undefined {
  if (oversize === undefined || oversize.header >> 4 !== publishType) return undefined;
  const { header, length, at } = oversize;
  const body = bytes.subarray(at);
  const topicEnd = 2 + (body[0] ?? 0) * 256 + (body[1] ?? 0);
  if (body.length < Math.max(2, topicEnd)) return { topic: "", payload: new Uint8Array(0), length };
  // A packet id follows where an answer is awaited.
  const payloadAt = topicEnd + ((header & 0b0110) === 0 ? 0 : 2);
  return { topic: Buffer.from(body.subarray(2, topicEnd)).toString("utf8"), payload: new Uint8Array(body.subarray(payloadAt)), length };
}
