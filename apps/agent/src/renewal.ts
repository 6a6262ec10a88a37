import { X509Certificate } from "node:crypto";
import { type Clock, type Labels, type Log, messageOf } from "@kedge/core";
import { renewalDueAtMs } from "@kedge/identity";
import { type DeviceIdentity, type EnrolOutcome, enrol, pinOf, saveIdentity } from "@kedge/identity/adapters";
import type { Link } from "@kedge/wire";

/** What renewing needs of the program. */
export interface RenewalDeps {
  readonly directory: string;
  /** The device's own link. */
  readonly link: Pick<Link, "publish" | "subscribe" | "onConnect" | "stats">;
  /** A link for nothing but renewal, by a certificate that opens nothing else any more. */
  readonly openBareLink: (identity: DeviceIdentity) => Link;
  /** The device's own link is to use this identity from now on. */
  readonly use: (identity: DeviceIdentity) => Promise<void>;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly log: Log;
}

const checkEveryMs = 3_600_000;
/** Asking who may sign bundles costs the collector a certificate. */
const refreshEveryMs = 600_000;
const connectMs = 15_000;

/** Whether a certificate opens nothing but its own renewal. */
function isExpired(identity: DeviceIdentity, nowMs: number): boolean {
  return nowMs >= identity.notAfterMs;
}

/**
 * Keeps the device's identity good: its certificate is renewed at two thirds of its life, over its own connection; one that has expired (a device
 * that was off for months), over a connection that allows nothing else. The old one holds until the new one is stored, so a renewal that goes
 * wrong costs nothing but another try. A renewal also tells whom to trust.
 */
export class IdentityKeeper {
  readonly #deps: RenewalDeps;
  #identity: DeviceIdentity;
  /** What the device's own link uses; older than the identity when that was renewed for its keys only. */
  #used: DeviceIdentity;
  #underWay: Promise<boolean> | undefined;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(identity: DeviceIdentity, deps: RenewalDeps) {
    this.#identity = identity;
    this.#used = identity;
    this.#deps = deps;
  }

  get identity(): DeviceIdentity {
    return this.#identity;
  }

  start(): void {
    const check = (): void =>
      void this.#check().catch((error: unknown) => this.#deps.log.warn({ error: messageOf(error) }, "a certificate could not be put to use"));
    this.#timer = setInterval(check, checkEveryMs);
    this.#deps.link.onConnect(check);
    if (isExpired(this.#identity, this.#deps.clock.nowMs())) check();
  }

  async #check(): Promise<void> {
    const { clock, link, use } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs < renewalDueAtMs(this.#used)) return;
    const isReachable = this.#needsBareLink() || link.stats().state === "connected";
    if (nowMs >= renewalDueAtMs(this.#identity) && !(isReachable && (await this.#renew()))) return;
    this.#used = this.#identity;
    await use(this.#identity);
  }

  /** Asks whom to trust; whether other keys may sign bundles than before. */
  async refreshKeys(): Promise<boolean> {
    const { clock } = this.#deps;
    if (clock.monotonicMs() - this.#refreshedMs < refreshEveryMs) return false;
    this.#refreshedMs = clock.monotonicMs();
    const names = (): string => this.#identity.targetsKeys.map((key) => key.keyId).join();
    const before = names();
    return (await this.#renew()) && names() !== before;
  }

  #renew(): Promise<boolean> {
    this.#underWay ??= this.#tryToRenew().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #tryToRenew(): Promise<boolean> {
    const { directory, log } = this.#deps;
    try {
      const outcome = this.#needsBareLink() ? await this.#overBareLink() : await this.#ask(this.#deps.link);
      if (outcome.kind !== "granted") {
        log.warn({ code: outcome.code }, `the certificate was not renewed: ${outcome.message}`);
        return false;
      }
      this.#identity = await saveIdentity(directory, outcome.identity);
      log.info({ notAfter: new Date(this.#identity.notAfterMs).toISOString() }, "the certificate is renewed");
      // The collector sends this device elsewhere: there is nobody where it is.
      if (this.#identity.broker?.url !== this.#used.broker?.url || this.#identity.broker?.sealKeyPem !== this.#used.broker?.sealKeyPem) {
        this.#used = this.#identity;
        await this.#deps.use(this.#identity);
      }
      return true;
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the certificate was not renewed");
      return false;
    }
  }

  /** The device's own link is of no use: by an expired certificate, or over a broker that is not the collector. */
  #needsBareLink(): boolean {
    return this.#identity.broker !== null || isExpired(this.#identity, this.#deps.clock.nowMs());
  }

  async #overBareLink(): Promise<EnrolOutcome> {
    const link = this.#deps.openBareLink(this.#identity);
    try {
      const late = new Promise<"late">((resolve) => setTimeout(resolve, connectMs, "late").unref());
      const connected = await Promise.race([link.connect(), late]);
      if (connected === "late") return { kind: "retryable", code: "agent/collector-away", message: "the collector did not accept the connection" };
      return await this.#ask(link);
    } finally {
      await link.close();
    }
  }

  #ask(link: Pick<Link, "publish" | "subscribe">): Promise<EnrolOutcome> {
    const { labels, agentVersion } = this.#deps;
    const { deviceId, authoritiesPem, privateKeyPem } = this.#identity;
    const authorityPin = pinOf(new X509Certificate(authoritiesPem));
    const platform = `${process.platform}-${process.arch}`;
    return enrol(link, { nonce: deviceId, token: "", authorityPin, privateKeyPem, requestedId: deviceId, labels, agentVersion, platform });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const connectAgainMs = 5_000;

/**
 * Connects, and does not wait for it: a device predicts and counts whether or not its collector is there. By an expired certificate nothing but
 * renewal goes; one that only looks expired, to a clock that is ahead, is used as soon as the clock is right. Gives the timer that sees to that.
 */
export function connectWhenValid(link: Pick<Link, "connect">, keeper: IdentityKeeper, { clock, log }: Pick<RenewalDeps, "clock" | "log">): NodeJS.Timeout {
  const connect = (): boolean => {
    if (isExpired(keeper.identity, clock.nowMs())) return false;
    link.connect().catch((error: unknown) => log.warn({ error: messageOf(error) }, "not connected yet"));
    return true;
  };
  const timer = setInterval(() => connect() && clearInterval(timer), connectAgainMs);
  if (connect()) clearInterval(timer);
  return timer;
}
