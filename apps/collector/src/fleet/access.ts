import type { Clock, DeviceId, Sha256 } from "@kedge/core";
import { type ApiTokenRecord, checkApiToken, checkEnrolmentToken, type EnrolmentRecord, hashApiToken, parseEnrolmentToken } from "@kedge/identity";
import type { Documents, SaveOutcome } from "@kedge/store";
import type { BrokerAccess } from "../broker/authenticate.js";
import type { Caller } from "../commands.js";
import type { DeviceRecord } from "../collections.js";
import type { Fleet } from "./fleet.js";

const pageSize = 1_000;

/** API tokens by their hashes, in memory. Whatever is written through {@link AccessTokens.documents} is known at once. */
export class AccessTokens {
  readonly documents: Documents<ApiTokenRecord>;
  readonly #stored: Documents<ApiTokenRecord>;
  readonly #byHash = new Map<Sha256, ApiTokenRecord>();

  private constructor(stored: Documents<ApiTokenRecord>) {
    this.#stored = stored;
    const learn = (outcome: SaveOutcome<ApiTokenRecord>): SaveOutcome<ApiTokenRecord> => {
      const current = outcome.kind === "saved" ? outcome.stored : outcome.current;
      if (current !== undefined) this.#byHash.set(current.body.hash, current.body);
      return outcome;
    };
    this.documents = {
      get: (id) => stored.get(id),
      list: (query) => stored.list(query),
      count: (status) => stored.count(status),
      insert: async (id, body) => learn(await stored.insert(id, body)),
      save: async (id, body, version) => learn(await stored.save(id, body, version)),
      delete: async (id) => {
        const before = await stored.get(id);
        if (before !== undefined) this.#byHash.delete(before.body.hash);
        return stored.delete(id);
      },
    };
  }

  static async open(stored: Documents<ApiTokenRecord>): Promise<AccessTokens> {
    const tokens = new AccessTokens(stored);
    await tokens.refresh();
    return tokens;
  }

  /** Another collector made or changed tokens. */
  async refresh(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#stored.list(after === undefined ? { limit: pageSize } : { limit: pageSize, after });
      for (const { body } of page) this.#byHash.set(body.hash, body);
      after = page.at(-1)?.id;
      if (page.length < pageSize) return;
    }
  }

  withHash(hash: Sha256 | undefined): ApiTokenRecord | undefined {
    return hash === undefined ? undefined : this.#byHash.get(hash);
  }
}

/** What access is decided by. */
export interface AccessDeps {
  readonly fleet: Fleet;
  readonly enrolments: Documents<EnrolmentRecord>;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
  readonly sha256: (bytes: Uint8Array) => Sha256;
}

/** Who may come in, answered without looking through lists: thousands of devices may come back at once. */
export class Access implements BrokerAccess {
  readonly #deps: AccessDeps;
  /** Serial numbers of the certificates of retired devices. */
  readonly #revoked = new Set<string>();

  /** The fleet must be loaded. */
  constructor(deps: AccessDeps) {
    this.#deps = deps;
    const note = (device: DeviceRecord): void => {
      if (device.isRetired) this.#revoked.add(device.certificate.serial);
    };
    for (const device of deps.fleet.all()) note(device);
    deps.fleet.onChange(note);
  }

  isRevoked(serial: string): boolean {
    return this.#revoked.has(serial);
  }

  isMember(deviceId: string): boolean {
    const device = this.#deps.fleet.get(deviceId as DeviceId);
    return device !== undefined && !device.isRetired;
  }

  async checkEnrolment(text: string): ReturnType<BrokerAccess["checkEnrolment"]> {
    const { enrolments, clock, sha256 } = this.#deps;
    const token = parseEnrolmentToken(text);
    if (token === undefined) return { kind: "denied", code: "identity/token-malformed", message: "this is no enrolment token" };
    return checkEnrolmentToken(token, (await enrolments.get(token.id))?.body, { nowMs: clock.nowMs(), sha256 });
  }

  async checkApi(text: string): ReturnType<BrokerAccess["checkApi"]> {
    const { accessTokens, clock, sha256 } = this.#deps;
    return checkApiToken(text, accessTokens.withHash(hashApiToken(text, sha256)), { nowMs: clock.nowMs(), sha256 });
  }

  /** Who holds an API token; `undefined` when it does not hold. */
  async callerOf(bearer: string): Promise<Caller | undefined> {
    const checked = await this.checkApi(bearer);
    return checked.kind === "valid" ? { name: checked.record.name, role: checked.record.role } : undefined;
  }
}
