/** A transition that may be taken: the state to store, then the effects to run. */
export interface Transition<State, Effect> {
  readonly to: State;
  readonly effects: readonly Effect[];
}

/** A transition that is not possible from this state, and why. */
export interface Refused {
  readonly refused: string;
}

/** What `step(state, event, context)` of a state machine answers. */
export type Step<State, Effect> = Transition<State, Effect> | Refused;

/** Whether a step was refused. */
export function isRefused<S, E>(step: Step<S, E>): step is Refused {
  return "refused" in step;
}
