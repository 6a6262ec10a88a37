/** What a {@link KedgeError} carries beside its message. */
export interface KedgeErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  /** Facts for a program: paths, ids, sizes. Never secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Whether trying again later may work. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A fault at the edge of the system. `code` is stable (`room/kebab-case`); `message` says what was done with what. */
export class KedgeError extends Error {
  override readonly name = "KedgeError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(code: string, message: string, details: KedgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.context = details.context ?? {};
    this.retryable = details.retryable ?? false;
  }
}

/** A fault of our own: a state that the code holds impossible. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Ends an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantError(`a case was not handled: ${JSON.stringify(value)}`);
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
