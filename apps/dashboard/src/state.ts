import { createClient, type Device, type Drift, type Incident, type KedgeClient, type Overview, type RetrainJob, type RolloutSummary } from "@kedge/api";

/** What the pages show, as last fetched; null before the first answer. */
export interface Shown {
  readonly overview: Overview;
  readonly devices: readonly Device[];
  readonly drift: Drift;
  readonly incidents: readonly Incident[];
  readonly rollouts: readonly RolloutSummary[];
  readonly jobs: readonly RetrainJob[];
}

/** Devices fetched and shown at most; more are counted, and reached by the command line's selectors. */
export const maxDevices = 1_000;
const pollMs = 2_000;
const tokenKey = "kedge-token";

/** The token from the address (taken out of it at once) or of this tab; null when there is none. */
export function takeToken(): string | null {
  const found = /(?:^#|[#&])token=([A-Za-z0-9_]+)/.exec(location.hash);
  if (found?.[1] !== undefined) {
    sessionStorage.setItem(tokenKey, found[1]);
    history.replaceState(null, "", `${location.pathname}#/`);
  }
  return sessionStorage.getItem(tokenKey);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(tokenKey, token.trim());
}

/** Fetches what the pages show, again and again, sooner when the collector says that something happened. */
export class State {
  readonly client: KedgeClient;
  shown: Shown | null = null;
  /** Why the last try failed; null when it did not. */
  fault: string | null = null;
  isRefused = false;
  readonly #onChange: () => void;
  #isFetching = false;
  #isDue = false;

  constructor(token: string, onChange: () => void) {
    this.client = createClient({ url: location.origin, token, fetch: (url, request) => fetch(url, request as RequestInit) });
    this.#onChange = onChange;
  }

  start(): void {
    void this.refresh();
    setInterval(() => void this.refresh(), pollMs);
    void this.#listen();
  }

  /** Events only say that it is time to look; what is shown is always fetched, so a missed one does no harm. */
  async #listen(): Promise<void> {
    for (;;) {
      try {
        for await (const event of this.client.events.stream()) if (event.type !== "counters.changed") void this.refresh();
      } catch {
        // The poll tells of a collector that is away.
      }
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }

  async refresh(): Promise<void> {
    if (this.#isFetching) {
      this.#isDue = true;
      return;
    }
    this.#isFetching = true;
    try {
      const [overview, devices, drift, incidents, rollouts, jobs] = await Promise.all([
        this.client.overview.get(),
        this.client.devices.list({ limit: maxDevices }),
        this.client.drift.get({}),
        this.client.incidents.list({ limit: 100 }),
        this.client.rollouts.list({ limit: 100 }),
        this.client.retrainJobs.list({ limit: 100 }),
      ]);
      this.shown = { overview, devices: devices.items, drift, incidents: incidents.items, rollouts: rollouts.items, jobs: jobs.items };
      this.fault = null;
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
      this.isRefused = typeof error === "object" && error !== null && "context" in error && (error as { context: { exit?: string } }).context.exit === "auth";
    }
    this.#isFetching = false;
    this.#onChange();
    if (this.#isDue) {
      this.#isDue = false;
      setTimeout(() => void this.refresh(), 300);
    }
  }
}
