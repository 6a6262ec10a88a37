import { isAgentBuilt, type AgentProgram } from "../../integration/agent-program.fixture.js";
import { isBuilt } from "../../integration/collector-program.fixture.js";
import { predict, until, World } from "../../integration/brokers/world.fixture.js";
import { expect } from "vitest";
import { FaultDevice } from "./device.js";
import { type Balance, balanceLine, Ledger } from "./ledger.js";

/** Whether the programs that are to be hurt are there; said once where they are not. */
export function canRun(what: string): boolean {
  if (isBuilt && isAgentBuilt) return true;
  process.stderr.write(`${what}: skipped, apps are not built (run \`npm run build\`)\n`);
  return false;
}

/** What an agent says of itself, as far as these tests look at it. */
export interface AgentState {
  readonly bootEpoch: number;
  readonly running: string | null;
  readonly record: { readonly update: string };
  readonly counters: Readonly<Record<"windows" | "predictions" | "lost", number>>;
  readonly reporting: { readonly heldRows: number };
  readonly outbox: Readonly<Record<"records" | "droppedRecords" | "damagedRecords", number>>;
  readonly link: { readonly state: string; readonly losses: number };
}

/** A world with a ledger of all that its devices produce. */
export class FaultWorld extends World {
  readonly ledger = new Ledger();
  readonly devices: FaultDevice[] = [];

  /** A device in this process, started. */
  async faultDevice(deviceId: string, way: Parameters<World["linkOf"]>[1] = {}): Promise<FaultDevice> {
    const papers = await this.enrol(deviceId);
    const device = await FaultDevice.open(papers, this.linkOf(papers, way), this.ledger);
    this.devices.push(device);
    await device.start();
    return device;
  }

  /** Enrols agents and waits until they serve the tiny model; gives them, running, by their state directories. */
  async agentsWithModel(ids: readonly string[]): Promise<Map<string, AgentProgram>> {
    const agents = new Map<string, AgentProgram>();
    for (const id of ids) {
      const stateDir = await this.agents.directory();
      agents.set(stateDir, await this.startAgent(id, stateDir));
    }
    await this.rollOut(ids);
    for (const [stateDir, agent] of agents) await this.isCommitted(agent, stateDir);
    return agents;
  }

  /** Has all that are online run the tiny model. */
  async rollOut(ids: readonly string[]): Promise<void> {
    for (const id of ids)
      await until(
        `${id} is online`,
        () => this.device(id),
        (d) => d.state === "online",
      );
    const { status, body } = await this.collector.call("POST", "/v1/rollouts", { model: "clothes@1.0.0", canary: 0, wavesPercent: [100], gateRows: 0 });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  /** Waits until an agent answers with the model. */
  async isServing(agent: AgentProgram, stateDir: string): Promise<string> {
    const url = await agent.url(stateDir);
    await until(
      "the model is served",
      async () => (await fetch(`${url}/readyz`)).status,
      (code) => code === 200,
    );
    return url;
  }

  /** Has an agent answer readings until it keeps the model: one that is killed again and again on a model's trial would go back to what it had before. */
  async isCommitted(agent: AgentProgram, stateDir: string): Promise<number> {
    let answered = 0;
    await until(
      "the model is kept",
      async () => {
        answered += await this.predict(agent, stateDir, 10);
        return (await this.state(agent, stateDir)).record.update;
      },
      (update) => update === "COMMITTED",
    );
    return answered;
  }

  /** Has an agent answer so many readings. */
  async predict(agent: AgentProgram, stateDir: string, count: number): Promise<number> {
    return predict(await this.isServing(agent, stateDir), count);
  }

  async state(agent: AgentProgram, stateDir: string): Promise<AgentState> {
    return (await agent.status(stateDir)) as unknown as AgentState;
  }

  /** Waits until the collector has so many windows and awaits none. */
  async settled(windows: number, withinMs = 90_000): Promise<void> {
    await until(
      `${windows} windows are stored and none is awaited`,
      () => this.windows(),
      (w) => w.stored >= windows && w.awaited === 0,
      withinMs,
    );
  }

  /** Ends the collector and holds what it stored against what was produced: 0 lost, 0 twice, and every count of every feature. */
  async balanced(what: string): Promise<Balance & Awaited<ReturnType<Ledger["against"]>>> {
    await this.stopCollector("SIGTERM");
    const balance = await this.ledger.against(this.dataDir);
    process.stderr.write(`${what}: ${balanceLine(balance)}\n`);
    const { missing, twice, strange, produced, stored, producedTotals, storedTotals } = balance;
    expect({ missing, twice, strange, stored }).toEqual({ missing: [], twice: [], strange: [], stored: produced });
    expect(storedTotals).toEqual(producedTotals);
    expect(produced).toBeGreaterThan(0);
    return balance;
  }

  override async close(): Promise<void> {
    for (const device of this.devices) await device.close();
    await super.close();
  }
}
