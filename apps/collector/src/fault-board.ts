/** What is in the way of the collector's work now, told by whoever meets it and taken back by the same. */
export class FaultBoard {
  readonly #standing = new Map<string, string>();

  /** `part` cannot do its work, and why; replaces what it said before. */
  raise(part: string, message: string): void {
    this.#standing.set(part, message);
  }

  /** `part` works. */
  clear(part: string): void {
    this.#standing.delete(part);
  }

  /** One sentence a part that does not work, in the order in which they stopped. */
  list(): readonly string[] {
    return [...this.#standing].map(([part, message]) => `${part}: ${message}`);
  }
}
