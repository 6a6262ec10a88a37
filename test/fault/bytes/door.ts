/** What a door made of bytes. `again` is what the accepted value is written as, where it is written at all. */
export type Answer = { readonly kind: "accepted"; readonly again?: Uint8Array } | { readonly kind: "rejected"; readonly code: string };

/** A place where bytes from outside are read. */
export interface Door {
  readonly name: string;
  /** Messages that it takes. */
  readonly valid: readonly Uint8Array[];
  /** Codes by which it can refuse damage of some bytes. */
  readonly codes: readonly string[];
  /** How often it is tried; a multiple of the rest's. */
  readonly weight?: number;
  /** Whether two forms say the same, where a value has more than one. */
  isSame?(a: Uint8Array, b: Uint8Array): boolean;
  read(bytes: Uint8Array): Answer | Promise<Answer>;
}

export const accepted = (again?: Uint8Array): Answer => (again === undefined ? { kind: "accepted" } : { kind: "accepted", again });
export const rejected = (code: string): Answer => ({ kind: "rejected", code });
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** As a file is read whose bytes need not be UTF-8. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
