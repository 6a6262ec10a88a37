import type { RolloutEvent, RolloutStatus } from "./rollout-state.js";

/** For each status, the events that it takes and where each may lead; what is not listed is refused. */
export type RolloutMoves = Readonly<Record<RolloutStatus, Readonly<Partial<Record<RolloutEvent["kind"], readonly RolloutStatus[]>>>>>;

/** Back: at once, where no device has anything to go back to. */
const back = ["ROLLING_BACK", "ROLLED_BACK"] as const;

/** The table that the machine keeps to, and its diagram is made of. */
export const rolloutMoves: RolloutMoves = {
  READY: { Started: ["RUNNING"], DevicesReported: ["READY"], Ticked: ["READY"], AbortRequested: ["ABORTED"] },
  RUNNING: {
    DevicesReported: ["RUNNING", "PAUSED", ...back],
    Ticked: ["RUNNING", "PAUSED", ...back],
    GateEvaluated: ["RUNNING", "FINISHED", ...back],
    PromoteRequested: ["RUNNING", "FINISHED"],
    PauseRequested: ["PAUSED"],
    AbortRequested: ["ABORTED", ...back],
  },
  PAUSED: {
    DevicesReported: ["PAUSED"],
    Ticked: ["PAUSED"],
    ResumeRequested: ["RUNNING", ...back],
    PromoteRequested: ["RUNNING", "FINISHED"],
    AbortRequested: ["ABORTED", ...back],
  },
  ROLLING_BACK: { DevicesReported: back, Ticked: back },
  ROLLED_BACK: { DevicesReported: ["ROLLED_BACK"], Ticked: ["ROLLED_BACK"] },
  ABORTED: { DevicesReported: ["ABORTED"], Ticked: ["ABORTED"] },
  FINISHED: { DevicesReported: ["FINISHED"], Ticked: ["FINISHED"], UndoRequested: [...back] },
};

/** The table as a Mermaid diagram; events that change nothing are left out. */
export function rolloutDiagram(moves: RolloutMoves = rolloutMoves): string {
  const arrows = Object.entries(moves).flatMap(([from, events]) => {
    const byTarget = new Map<string, string[]>();
    for (const [event, targets] of Object.entries(events)) {
      for (const to of targets) if (to !== from) byTarget.set(to, [...(byTarget.get(to) ?? []), event]);
    }
    return [...byTarget].map(([to, because]) => `  ${from} --> ${to}: ${because.join(", ")}`);
  });
  return ["stateDiagram-v2", "  [*] --> READY", ...arrows].join("\n");
}
