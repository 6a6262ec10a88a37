import { seededRandom } from "@kedge/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentProgram } from "../integration/agent-program.fixture.js";
import { isInstalled } from "../integration/brokers/broker-rig.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";

const isThere = canRun("fault/kill") && isInstalled("mosquitto");
const seed = 20_261_130;
const kills = { broker: 20, collector: 12, agent: 20 };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An agent that is killed and started again, and asked for predictions as long as it answers. */
class Victim {
  readonly #world: FaultWorld;
  readonly #id: string;
  readonly #stateDir: string;
  #agent: AgentProgram;
  #isLoading = true;
  readonly #load: Promise<void>;
  /** The most windows that the agent said it had put into the outbox in a start, by boot epoch. */
  readonly #claimed = new Map<number, number>();

  constructor(world: FaultWorld, id: string, at: { readonly stateDir: string; readonly agent: AgentProgram }) {
    this.#world = world;
    this.#id = id;
    this.#stateDir = at.stateDir;
    this.#agent = at.agent;
    this.#load = this.#predict();
  }

  async #predict(): Promise<void> {
    while (this.#isLoading) {
      try {
        await this.#world.predict(this.#agent, this.#stateDir, 5);
        const { bootEpoch, counters } = await this.#world.state(this.#agent, this.#stateDir);
        this.#claimed.set(bootEpoch, Math.max(counters.windows, this.#claimed.get(bootEpoch) ?? 0));
      } catch {
        // Killed in the midst of an answer.
      }
      await sleep(50);
    }
  }

  /** Kills it, whatever it is at, and starts it again. */
  async kill(): Promise<void> {
    await this.#agent.stop("SIGKILL");
    this.look();
    this.#agent = this.#world.startEnrolled(this.#id, this.#stateDir);
  }

  /** What it said was in its outbox is on its disk. */
  look(): void {
    const seen = this.#world.ledger.read(this.#stateDir, this.#id);
    for (const [epoch, windows] of this.#claimed) expect(seen.get(epoch) ?? 0, `windows of epoch ${epoch} of ${this.#id}`).toBeGreaterThanOrEqual(windows);
  }

  async end(): Promise<void> {
    this.#isLoading = false;
    await this.#load;
    const at = this.#stateDir;
    await until(
      `the outbox of ${this.#id} is empty`,
      async () => (await this.#world.state(this.#agent, at)).outbox.records,
      (records) => records === 0,
    );
    await this.#agent.stop("SIGTERM");
    this.look();
  }
}

describe.skipIf(!isThere)("kill -9 of agent, collector and broker under load", { timeout: 480_000 }, () => {
  const world = new FaultWorld("mosquitto");
  const ids = ["press-1", "press-2", "press-3"];
  let victims: readonly Victim[] = [];

  beforeAll(async () => {
    await world.open();
    await world.register();
    for (let i = 0; i < 10; i += 1) await world.faultDevice(`raw-${i}`);
    const agents = [...(await world.agentsWithModel(ids))];
    victims = agents.map(([stateDir, agent], i) => new Victim(world, ids[i] ?? "", { stateDir, agent }));
  }, 120_000);
  afterAll(() => world.close(), 60_000);

  test(`at ${kills.broker + kills.collector + kills.agent} random points: every window is stored once, and with what was counted in it`, async () => {
    const random = seededRandom(seed);
    const done = { broker: 0, collector: 0, agent: 0 };
    for (const device of world.devices) device.load(150, world.digest);
    const killing = async (who: keyof typeof kills, kill: () => Promise<void>, pauseMs: number) => {
      while (done[who] < kills[who]) {
        await sleep(random() * pauseMs);
        await kill();
        done[who] += 1;
      }
    };
    await Promise.all([
      killing("broker", () => world.killBroker(), 6_000),
      killing(
        "collector",
        async () => {
          await world.stopCollector("SIGKILL");
          await world.startCollector();
        },
        4_000,
      ),
      // Every third falls in the midst of a start.
      killing("agent", () => victims[done.agent % victims.length]?.kill() ?? Promise.resolve(), 5_000),
    ]);
    // Agents that were cut off often wait for minutes before they try again; a start begins anew.
    for (const victim of victims) await victim.kill();
    for (const device of world.devices) device.endLoad();
    for (const victim of victims) await victim.end();
    await until(
      "every outbox is empty",
      async () => world.devices.reduce((sum, d) => sum + d.outbox.stats().records, 0),
      (records) => records === 0,
    );
    await world.settled(world.ledger.size);
    expect(await world.windows()).toMatchObject({ lost: 0, awaited: 0, deadLetters: 0 });
    expect(Object.values(done).reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(50);
    await world.balanced(`fault/kill: ${JSON.stringify(done)} and ${victims.length} more`);
  });
});
