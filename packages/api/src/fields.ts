import { type DeviceId, isLabelKey, isLabelValue, parseSelector, type Sha256, severities } from "@kedge/core";
import { z } from "zod";

/** No fields at all: the params, query or body of a route that takes none. */
export const nothing: z.ZodType<unknown, unknown> = z.strictObject({});

/** A list as answers carry it. */
export function list<T extends z.ZodType>(item: T, most = 100_000): z.ZodReadonly<z.ZodArray<T>> {
  return z.array(item).max(most).readonly();
}

/** A device's name in a request; see `parseDeviceId` of @kedge/core. */
export const deviceIdField = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "a device id is 1 to 64 of A-Z, a-z, 0-9, _ and -") as unknown as z.ZodType<
  DeviceId,
  string
>;

/** A SHA-256 in a request. */
export const sha256Field = z.string().regex(/^[0-9a-f]{64}$/, "a digest is 64 lower-case hex digits") as unknown as z.ZodType<Sha256, string>;

/** The id of a thing that the collector made: `inc_…`, `rol_…`. */
export const idField = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, "an id is 1 to 128 of A-Z, a-z, 0-9, _ . : and -");

/** The name of a model, alias or key. */
export const nameField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name is 1 to 64 of A-Z, a-z, 0-9, . _ and -, and starts with a letter or digit");

/** A bundle as people name it: its digest (8 digits at least), `name@version`, `name@alias`, or `name` for the newest. */
export const modelReference = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(@[A-Za-z0-9][A-Za-z0-9._+-]{0,63})?$/, "a model is named by its digest, name@version, name@alias or name");

/** Labels of a device or bundle. */
export const labelsField = z
  .record(
    z.string().refine(isLabelKey, "a label key is [a-z][a-z0-9_.-]*, up to 63 characters"),
    z.string().refine(isLabelValue, "a label value is up to 63 of A-Z, a-z, 0-9, _ . and -"),
  )
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels");

/** A label selector, such as `site=oslo,!retired`; empty for everything. */
export const selectorField = z
  .string()
  .max(1_000)
  .refine((text) => typeof parseSelector(text) !== "string", "is no label selector such as site=oslo");

export const severityField = z.enum(severities);

/** Milliseconds since 1970, UTC. */
export const atMsField = z.number();

/** Free words of a person: why something is done. */
export const wordsField = z.string().max(2_000);

/** A whole number in a query, where everything is text. */
export function wholeQuery(low: number, high: number): z.ZodCoercedNumber<string | number> {
  return z.coerce.number<string | number>().int().min(low).max(high);
}

/** A moment in a query: ms since 1970. */
export const atMsQuery = wholeQuery(0, 8.64e15);

/** What every listing takes: how many, and where the last page ended. */
export const pageQuery = {
  limit: wholeQuery(1, 1_000).default(100),
  cursor: z.string().max(512).optional(),
};

/** A page of a listing in a stable order; `nextCursor` is null at the end. */
export function pageOf<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodReadonly<z.ZodArray<T>>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: list(item), nextCursor: z.string().nullable() });
}

/** A page as the two ends of the API see it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Which bundle, with its names beside the digest. */
export const bundleRef = z.object({ digest: z.string(), name: z.string(), version: z.string() });

/** See {@link bundleRef}. */
export type BundleRef = z.infer<typeof bundleRef>;
