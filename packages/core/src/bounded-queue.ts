/** A first-in first-out queue with a bound; what does not fit is refused and counted. */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #refused = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  /** How many items were refused for want of room. */
  get refused(): number {
    return this.#refused;
  }

  /** Adds an item at the end; `false` when there is no room for it. */
  offer(item: T): boolean {
    if (this.#items.length >= this.#capacity) {
      this.#refused += 1;
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** Takes up to `most` items from the front. */
  take(most = 1): T[] {
    return this.#items.splice(0, most);
  }
}
