import type { Page } from "@kedge/api";

/** A page of `items`, which are in a stable order; the cursor is the id of the last item of the page before. */
export function pageOf<T>(items: readonly T[], idOf: (item: T) => string, query: { readonly limit: number; readonly cursor?: string | undefined }): Page<T> {
  const start = query.cursor === undefined ? 0 : items.findIndex((item) => idOf(item) === query.cursor) + 1;
  const page = items.slice(start, start + query.limit);
  const last = page.at(-1);
  return { items: page, nextCursor: last !== undefined && start + query.limit < items.length ? idOf(last) : null };
}
