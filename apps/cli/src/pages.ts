import type { Page } from "@kedge/api";

/** What one page holds at most. */
const pageSize = 1_000;

/** The items of a listing, page by page, up to `most`. */
export async function allOf<T>(
  most: number,
  fetchPage: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  while (items.length < most) {
    const page = await fetchPage({ limit: Math.min(pageSize, most - items.length), ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return items;
}
