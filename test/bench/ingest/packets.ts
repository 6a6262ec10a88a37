import { type DeviceId, type Random, seededRandom, type Sha256 } from "@kedge/core";
import { type ProfileSpec, specHash } from "@kedge/profile";
import { sha256 } from "@kedge/registry/adapters";
import { encodeWindow, topicFor } from "@kedge/wire";
import { deviceId, profileOf, specOf } from "../query/filled-store.js";

/** What devices send. */
export interface LoadPlan {
  readonly devices: number;
  readonly windowsOfEach: number;
  readonly features: number;
  readonly rows: number;
  /** Different profiles, drawn from at random. */
  readonly profiles: number;
  /** Windows of a device that wait for their acknowledgement, at most. */
  readonly inFlight: number;
  /** Of a thousand windows, how many are sent twice. */
  readonly repeatsPerThousand: number;
  readonly bundleDigest: Sha256;
  /** Where the first window begins; one follows the other. */
  readonly startMs: number;
  readonly seed: number;
}

export const windowMs = 60_000;
export const bootEpoch = 1;
/** What stands in line protocol for the device and for the time in nanoseconds. */
export const deviceMark = "DEVICE";
export const timeMark = "NANOSECONDS";
/** The line by which a device without a certificate names itself, padded to this. */
export const prefaceBytes = 32;

export function specAndHash(features: number): { readonly spec: ProfileSpec; readonly hash: string } {
  const spec = specOf(features);
  return { spec, hash: specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 }) };
}

/** Where a window's own part of the message ends and its profile begins: both are written by the codec, once for each profile. */
function profilePart(message: Uint8Array): Uint8Array {
  // Field 9 follows fields 1 to 8, whose last is the trigger (field 8, one byte).
  const digestAt = message.indexOf(0x3a);
  const at = message.findIndex((byte, i) => i > digestAt + 33 && byte === 0x40 && message[i + 2] === 0x4a) + 2;
  return message.subarray(at);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** MQTT packets of a fleet: windows are encoded beforehand but for their numbers and times, so that sending costs little. */
export class Packets {
  readonly #plan: LoadPlan;
  readonly #profiles: readonly Uint8Array[];
  readonly #random: Random;
  readonly #times = new Float64Array(2);
  readonly #timeBytes = new Uint8Array(this.#times.buffer);

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    const { hash } = specAndHash(plan.features);
    this.#profiles = Array.from({ length: plan.profiles }, () => {
      const profile = { ...profileOf(plan.features, plan.rows, this.#random), specHash: hash };
      const key = { deviceId: deviceId(0), bootEpoch, seq: 1 };
      return new Uint8Array(profilePart(encodeWindow({ key, startMs: 0, endMs: windowMs, bundleDigest: plan.bundleDigest, trigger: "interval", profile })));
    });
  }

  /** A window as the message of a device, drawn anew at each call. */
  window(device: DeviceId, seq: number): Uint8Array {
    const { bundleDigest, startMs } = this.#plan;
    const profile = this.#profiles[Math.floor(this.#random() * this.#profiles.length)] ?? new Uint8Array();
    const name = Buffer.from(device, "latin1");
    const head = [0x08, 1, 0x12, name.length, ...name, 0x18, bootEpoch, 0x20, ...varint(seq)];
    const message = Buffer.allocUnsafe(head.length + 18 + 34 + 2 + profile.length);
    message.set(head, 0);
    let at = head.length;
    for (const [i, tag] of [0x29, 0x31].entries()) {
      this.#times[0] = startMs + (seq - 1 + i) * windowMs;
      message[at] = tag;
      message.set(this.#timeBytes.subarray(0, 8), at + 1);
      at += 9;
    }
    message.set([0x3a, 32], at);
    message.write(bundleDigest, at + 2, "hex");
    message.set([0x40, 1], at + 34);
    message.set(profile, at + 36);
    return message;
  }

  /** A PUBLISH of QoS 1. */
  publish(topic: Uint8Array, packetId: number, payload: Uint8Array): Uint8Array {
    const remaining = varint(2 + topic.length + 2 + payload.length);
    const packet = Buffer.allocUnsafe(1 + remaining.length + 4 + topic.length + payload.length);
    packet[0] = 0x32;
    packet.set(remaining, 1);
    let at = 1 + remaining.length;
    at = packet.writeUInt16BE(topic.length, at);
    packet.set(topic, at);
    at = packet.writeUInt16BE(packetId, at + topic.length);
    packet.set(payload, at);
    return packet;
  }
}

export function topicBytes(device: DeviceId, leaf: "stats" | "ack"): Uint8Array {
  return Buffer.from(topicFor(device, leaf), "latin1");
}

/** CONNECT of MQTT 3.1.1 with a clean session and no keep-alive to answer within the run. */
export function connectPacket(clientId: string): Uint8Array {
  const id = Buffer.from(clientId, "latin1");
  return Buffer.from([0x10, 12 + id.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 1, 0x2c, id.length >> 8, id.length & 255, ...id]);
}

export function subscribePacket(topic: Uint8Array): Uint8Array {
  return Buffer.from([0x82, 5 + topic.length, 0, 1, topic.length >> 8, topic.length & 255, ...topic, 0]);
}
