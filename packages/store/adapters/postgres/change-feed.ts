import pg from "pg";

/** Word that somebody who shares the database changed something; `missed`: the connection was gone meanwhile, so anything may have changed. */
export type SharedChange =
  | { readonly kind: "document"; readonly collection: string; readonly id: string }
  | { readonly kind: "leases" }
  | { readonly kind: "missed" };

const againAfterMs = 1_000;

/** Hears what PostgreSQL tells of documents and leases, on a connection of its own that heals by itself. */
export class ChangeFeed {
  readonly #config: () => Promise<pg.ClientConfig>;
  readonly #listeners = new Set<(change: SharedChange) => void>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(config: () => Promise<pg.ClientConfig>) {
    this.#config = config;
  }

  /** Tells of everything from now on. Resolves once it hears, or has found that it cannot yet. */
  async listen(listener: (change: SharedChange) => void): Promise<void> {
    this.#listeners.add(listener);
    if (this.#client === undefined && this.#timer === undefined) await this.#connect();
  }

  async #connect(): Promise<void> {
    this.#timer = undefined;
    try {
      const client = new pg.Client({ ...(await this.#config()), keepAlive: true });
      this.#client = client;
      const lost = (): void => {
        if (this.#client !== client) return;
        this.#client = undefined;
        void client.end().catch(() => undefined);
        this.#later();
      };
      client.on("error", lost);
      client.on("end", lost);
      client.on("notification", ({ channel, payload = "" }) => {
        const [collection = "", id = ""] = payload.split(" ");
        this.#tell(channel === "kedge_leases" ? { kind: "leases" } : { kind: "document", collection, id });
      });
      await client.connect();
      await client.query("listen kedge_documents; listen kedge_leases");
      this.#tell({ kind: "missed" });
    } catch {
      // Who uses the database is told of the same fault; here it is only tried again.
      this.#client = undefined;
      this.#later();
    }
  }

  #later(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#connect(), againAfterMs);
  }

  #tell(change: SharedChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
