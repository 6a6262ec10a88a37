import { z } from "zod";

/** A row by its columns' names, and those of the tags that its series is grouped by. */
export type InfluxRow = Readonly<Record<string, unknown>>;

const answer = z.object({
  results: z.array(
    z.object({
      statement_id: z.number().optional(),
      error: z.string().optional(),
      series: z
        .array(z.object({ tags: z.record(z.string(), z.string()).optional(), columns: z.array(z.string()), values: z.array(z.array(z.unknown())) }))
        .optional(),
    }),
  ),
});

/** What InfluxDB answered to `count` statements, one list of rows for each. Throws its own words when one failed. */
export function rowsOf(raw: unknown, count: number): InfluxRow[][] {
  const { results } = answer.parse(raw);
  const lists: InfluxRow[][] = Array.from({ length: count }, () => []);
  for (const [i, { statement_id: at = i, error, series = [] }] of results.entries()) {
    if (error !== undefined) throw new Error(error);
    for (const { tags = {}, columns, values } of series)
      for (const row of values) lists[at]?.push({ ...tags, ...Object.fromEntries(columns.map((name, c) => [name, row[c]])) });
  }
  return lists;
}
