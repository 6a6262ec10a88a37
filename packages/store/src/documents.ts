/** A document with what the store knows of it. `version` starts at 1 and grows by one at each save. */
export interface Stored<T> {
  readonly id: string;
  readonly version: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly body: T;
}

/** What became of a save: done, or somebody was faster (`current` is theirs; undefined when the document is gone). */
export type SaveOutcome<T> = { readonly kind: "saved"; readonly stored: Stored<T> } | { readonly kind: "conflict"; readonly current: Stored<T> | undefined };

/** Which documents to list. Ids sort by creation time, so the order is stable while others write. */
export interface ListQuery {
  /** Only documents whose status (see {@link Collection}) is one of these. */
  readonly status?: readonly string[];
  /** Start behind this id. */
  readonly after?: string;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** A set of documents of one kind. `statusOf` is the word that lists filter by. */
export interface Collection<T> {
  readonly name: string;
  statusOf(body: T): string;
}

/**
 * Documents of one collection. Laws: a save is durable when it resolves; it succeeds only on the version that the caller saw, so two writers
 * never overwrite each other; reads see every save that resolved before; a body comes back deep-equal, or is refused with an InvariantError
 * (see `json-text.ts`); collections do not see each other's documents.
 */
export interface Documents<T> {
  get(id: string): Promise<Stored<T> | undefined>;
  /** A conflict when the id is taken. */
  insert(id: string, body: T): Promise<SaveOutcome<T>>;
  save(id: string, body: T, expectedVersion: number): Promise<SaveOutcome<T>>;
  list(query?: ListQuery): Promise<Stored<T>[]>;
  count(status?: string): Promise<number>;
  /** Whether there was one. */
  delete(id: string): Promise<boolean>;
}

/** Reads, changes and saves until nobody was faster; `undefined` when there is no such document. */
export async function change<T>(documents: Documents<T>, id: string, edit: (body: T) => T): Promise<Stored<T> | undefined> {
  let current = await documents.get(id);
  while (current !== undefined) {
    const outcome = await documents.save(id, edit(current.body), current.version);
    if (outcome.kind === "saved") return outcome.stored;
    current = outcome.current;
  }
  return undefined;
}

/** Saves whatever was there before, or inserts. For documents with one writer. */
export async function put<T>(documents: Documents<T>, id: string, body: T): Promise<Stored<T>> {
  let outcome = await documents.insert(id, body);
  while (outcome.kind === "conflict") {
    outcome = outcome.current === undefined ? await documents.insert(id, body) : await documents.save(id, body, outcome.current.version);
  }
  return outcome.stored;
}
