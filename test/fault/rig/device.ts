import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, type Sha256, silentLog } from "@kedge/core";
import { encodeBirth, encodeWindow, type Link, type Outbox, topicFor } from "@kedge/wire";
import { openFileOutbox, ReportLoop } from "@kedge/wire/adapters";
import { tinyProfile } from "../../integration/brokers/tiny-model.fixture.js";
import type { Papers } from "../../integration/brokers/world.fixture.js";
import type { Ledger } from "./ledger.js";

/** A device without a model in the test's own process: the agent's durable outbox and its own loop, and windows whose content is known. */
export class FaultDevice {
  readonly deviceId: DeviceId;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly report: ReportLoop;
  readonly #folder: string;
  readonly #ledger: Ledger;
  readonly #bornMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: { readonly papers: Papers; readonly link: Link; readonly outbox: Outbox; readonly folder: string; readonly ledger: Ledger }) {
    this.deviceId = parts.papers.deviceId;
    this.link = parts.link;
    this.outbox = parts.outbox;
    this.#folder = parts.folder;
    this.#ledger = parts.ledger;
    this.report = new ReportLoop({ deviceId: this.deviceId, outbox: this.outbox, link: this.link, log: silentLog });
  }

  static async open(papers: Papers, link: Link, ledger: Ledger, bounds: { readonly maxBytes?: number } = {}): Promise<FaultDevice> {
    const folder = await mkdtemp(join(tmpdir(), "kedge-fault-"));
    // Many devices share this machine's disk; what a power cut does to the last second is no matter here.
    const outbox = await openFileOutbox({ folder: join(folder, "outbox"), sync: "interval", ...bounds });
    return new FaultDevice({ papers, link, outbox, folder, ledger });
  }

  get uptimeMs(): number {
    return performance.now() - this.#bornMs;
  }

  /** Puts windows into the outbox, and notes each for which that resolved. */
  async fill(count: number, bundleDigest: Sha256): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      let bytes = new Uint8Array();
      const outcome = await this.outbox.append("window", ({ bootEpoch, seq }) => {
        const endMs = Date.now();
        const profile = tinyProfile({ dark: seq % 4, light: 1 + (seq % 3) });
        const key = { deviceId: this.deviceId, bootEpoch, seq };
        bytes = new Uint8Array(encodeWindow({ key, startMs: endMs - 1_000, endMs, bundleDigest, profile, trigger: "interval", uptimeMs: this.uptimeMs }));
        return bytes;
      });
      if (outcome.kind !== "appended") throw new Error(outcome.message);
      this.#ledger.note(bytes);
    }
    this.report.wake();
  }

  /** Says on every connection what it holds, as an agent does, and sends what is in the outbox. Does not wait for the connection. */
  async start(): Promise<void> {
    const { deviceId, outbox, link } = this;
    link.onConnect(() => {
      const held = outbox.held();
      const own = held.at(-1) ?? { bootEpoch: outbox.bootEpoch, oldestSeq: 1, nextSeq: 1 };
      const birth = { deviceId, labels: {}, agentVersion: "0.1.0", bundleDigest: null, platform: "test", ...own, backlog: held.slice(0, -1) };
      void link.publish(topicFor(deviceId, "birth"), encodeBirth({ ...birth, atMs: Date.now(), uptimeMs: this.uptimeMs }), { qos: 1 });
    });
    await this.report.start();
    link.connect().catch(() => undefined);
  }

  /** Makes a window every so often. */
  load(everyMs: number, bundleDigest: Sha256): void {
    this.#timer = setInterval(() => void this.fill(1, bundleDigest), everyMs);
  }

  endLoad(): void {
    clearInterval(this.#timer);
  }

  async close(): Promise<void> {
    this.endLoad();
    this.report.stop();
    await this.link.close();
    await this.outbox.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
