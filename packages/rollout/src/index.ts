export { errorEvidence, type GateEvidence, type GateOptions, type GateVerdict, gateOnPredictions, overall } from "./gate.js";
export { stepRollout } from "./rollout-machine.js";
export { rolloutDiagram, type RolloutMoves, rolloutMoves } from "./rollout-moves.js";
export { type PlannedWave, planRollout, type RolloutCandidate, type RolloutPlan, type RolloutRequest } from "./rollout-plan.js";
export {
  createRollout,
  type DeviceProgress,
  type DeviceStatus,
  isOver,
  type RolloutEffect,
  type RolloutEvent,
  type DeviceReport,
  type RolloutState,
  type RolloutStatus,
  type WaveState,
  type WaveStatus,
} from "./rollout-state.js";
