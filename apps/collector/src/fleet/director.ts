import { type Clock, type DeviceId, matchesSelector, parseSelector, type Sha256 } from "@kedge/core";
import type { BundleStore, Signer } from "@kedge/registry";
import { type SamplingPolicy, samplingOff } from "@kedge/sample";
import { type DesiredState, desiredSigningBytes, encodeDesiredState, encodeSignedDesiredState, topicFor } from "@kedge/wire";
import type { DesiredRecord, DeviceRecord } from "../collections.js";
import type { CollectorConfig } from "../config.js";
import type { Fleet } from "./fleet.js";

/** Sends a message to devices. */
export type Publish = (topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }) => Promise<void>;

/** What the director needs of the program. */
export interface DirectorDeps {
  readonly fleet: Fleet;
  readonly bundles: BundleStore;
  readonly signer: Signer;
  readonly publish: Publish;
  readonly config: CollectorConfig;
  readonly clock: Clock;
}

/** A bundle that is registered again may have one more signature, and so another envelope; the older one is good for longer than this. */
const envelopeHoldsMs = 5_000;

/** Says, under the director's key, what each device is to run and may sample. What the store holds is the truth; messages repeat it. */
export class Director {
  readonly #deps: DirectorDeps;
  /** Selectors of incidents that wait for labelled readings. */
  #wanted: readonly string[] = [];
  /** Digests of envelopes by bundle, as they were a moment ago: reading one for every device of a fleet that comes back takes a second for each thousand. */
  readonly #envelopes = new Map<Sha256, { readonly sha256: Promise<Sha256 | undefined>; readonly readMs: number }>();

  constructor(deps: DirectorDeps) {
    this.#deps = deps;
  }

  /** Wants `digest` on a device from now on. Asking for what is wanted already only says it again. */
  async setDesired(deviceId: DeviceId, digest: Sha256, rolloutId: string | null): Promise<void> {
    const device = await this.#deps.fleet.update(deviceId, (d) => {
      const { desired } = d;
      const isSame = desired?.digest === digest && desired.rolloutId === rolloutId;
      return isSame ? d : { ...d, desired: { version: (desired?.version ?? 0) + 1, digest, rolloutId } };
    });
    if (device !== undefined) await this.say(device);
  }

  /** Which scopes may send more samples, because somebody waits to label them. Devices are told at once. */
  async wantSamples(selectors: readonly string[]): Promise<void> {
    if (JSON.stringify(selectors) === JSON.stringify(this.#wanted)) return;
    this.#wanted = selectors;
    const { fleet } = this.#deps;
    for (const { deviceId } of fleet.members()) {
      const device = await fleet.update(deviceId, (d) => (d.desired === null ? d : { ...d, desired: { ...d.desired, version: d.desired.version + 1 } }));
      if (device !== undefined) await this.say(device);
    }
  }

  #samplingOf(device: DeviceRecord): SamplingPolicy {
    const { sampling } = this.#deps.config;
    const matches = (text: string): boolean => {
      const parsed = parseSelector(text);
      return typeof parsed !== "string" && matchesSelector(parsed, device.labels);
    };
    if (sampling.selector === null || !matches(sampling.selector)) return samplingOff;
    const isWanted = this.#wanted.some(matches);
    const maxPerHour = isWanted ? Math.max(sampling.perHour, sampling.perHourDuringIncident) : sampling.perHour;
    if (maxPerHour === 0) return samplingOff;
    // Labels for retraining and for measuring accuracy must be a fair draw, so neither unsure nor rare answers are preferred.
    return {
      maxPerHour,
      burst: Math.max(1, Math.ceil(maxPerHour / 120)),
      maxBytesPerDay: sampling.bytesPerDay,
      maxBytesPerSample: 1024 * 1024,
      lowConfidenceBelow: 0,
      ordinaryShare: 1,
      balanceClasses: false,
      inputs: "all",
    };
  }

  #envelopeOf(digest: Sha256): Promise<Sha256 | undefined> {
    const { bundles, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const known = this.#envelopes.get(digest);
    if (known !== undefined && nowMs - known.readMs < envelopeHoldsMs) return known.sha256;
    const sha256 = bundles.findBundle(digest).then((bundle) => bundle?.envelopeSha256);
    // A fleet runs a handful of bundles.
    if (this.#envelopes.size >= 64) this.#envelopes.clear();
    this.#envelopes.set(digest, { sha256, readMs: nowMs });
    const forget = (): void => void this.#envelopes.delete(digest);
    sha256.then((found) => (found === undefined ? forget() : undefined), forget);
    return sha256;
  }

  async #stateOf(device: DeviceRecord, desired: DesiredRecord): Promise<DesiredState | undefined> {
    const manifestDigest = await this.#envelopeOf(desired.digest);
    if (manifestDigest === undefined) return undefined;
    return {
      deviceId: device.deviceId,
      version: desired.version,
      rolloutId: desired.rolloutId,
      bundleDigest: desired.digest,
      manifestDigest,
      issuedAtMs: this.#deps.clock.nowMs(),
      deadlineMs: null,
      sampling: this.#samplingOf(device),
      windowMs: null,
    };
  }

  /** Publishes what is wanted of a device, retained, so that it also finds it when it comes back. Of a retired device nothing is wanted any more. */
  async say(device: DeviceRecord): Promise<void> {
    const { signer, publish } = this.#deps;
    const topic = topicFor(device.deviceId, "desired");
    if (device.isRetired) return publish(topic, new Uint8Array(0), { qos: 1, retain: true });
    if (device.desired === null) return;
    const state = await this.#stateOf(device, device.desired);
    if (state === undefined) return;
    const payload = encodeDesiredState(state);
    const signature = await signer.sign(desiredSigningBytes(payload));
    await publish(topic, encodeSignedDesiredState({ payload, keyId: signer.keyId, signature }), { qos: 1, retain: true });
  }
}
