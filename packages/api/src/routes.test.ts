import { expect, test } from "vitest";
import { z } from "zod";
import { nothing } from "./fields.js";
import { allRoutes, isAllowed, openApiDocument, roles, routes } from "./index.js";
import { paramNames } from "./route.js";
import { namedSchemas } from "./schemas.js";

const table = allRoutes();
const keysOf = (schema: z.ZodType): string[] => {
  if (schema === nothing) return [];
  const parts = schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : [schema];
  return parts.flatMap((p) => (p instanceof z.ZodObject ? Object.keys(p.shape) : ["not an object"]));
};

test("no two routes answer to the same call", () => {
  const calls = table.map(({ route }) => `${route.method} ${route.path.replace(/:[A-Za-z0-9]+/g, ":")}`);
  expect(new Set(calls).size).toBe(calls.length);
});

test.each(table)("$name: its path, query and body fit one another", ({ route }) => {
  expect(keysOf(route.params).sort()).toEqual(paramNames(route.path).sort());
  if (["GET", "HEAD", "DELETE"].includes(route.method)) expect(route.takes).toBe("none");
  else expect(route.query).toBe(nothing);
  const all = [...keysOf(route.params), ...keysOf(route.query), ...new Set(keysOf(route.body))];
  expect(new Set(all).size, "a key that stands in two places could not be given in one object").toBe(all.length);
  expect(route.status === 204).toBe(route.gives === "none");
  expect(route.summary.length).toBeGreaterThan(5);
});

test.each(table.filter(({ route }) => !["GET", "HEAD"].includes(route.method)))("$name changes something, so a viewer may not", ({ name, route }) => {
  expect(route.role).not.toBe("public");
  if (name !== "rollouts.plan") expect(isAllowed("viewer", route.role as "admin")).toBe(false);
});

test("raw readings are for operators, also those in messages that were refused", () => {
  expect([routes.deadLetters.list.role, routes.deadLetters.get.role]).toEqual(["operator", "operator"]);
  for (const { route } of table.filter(({ name }) => name.startsWith("samples."))) expect(route.role).toBe("operator");
});

test("unknown keys of a request are refused", () => {
  for (const { name, route } of table) {
    for (const part of [route.params, route.query, route.body] as const) {
      const issues = part.safeParse({ nonsense: 1 }).error?.issues ?? [];
      expect(JSON.stringify(issues), name).toContain("nonsense");
    }
  }
});

test("a role may do what the ones before it may, and no more", () => {
  for (const [i, role] of roles.entries()) for (const [j, least] of roles.entries()) expect(isAllowed(role, least)).toBe(i >= j);
});

test("every selector, id and digest of a request is checked", () => {
  const bad = (schema: z.ZodType, value: unknown): boolean => !schema.safeParse(value).success;
  expect(bad(routes.devices.list.query, { selector: "site==(" })).toBe(true);
  expect(bad(routes.devices.list.query, { limit: "0" })).toBe(true);
  expect(bad(routes.devices.list.query, { limit: "1001" })).toBe(true);
  expect(routes.devices.list.query.parse({ limit: "7", selector: "site in (a,b)" })).toEqual({ limit: 7, selector: "site in (a,b)" });
  expect(routes.devices.list.query.parse({})).toEqual({ limit: 100, selector: "" });
  for (const deviceId of ["", "a/b", "a.b", "+", "#", "x".repeat(65)]) expect(bad(routes.devices.get.params, { deviceId }), deviceId).toBe(true);
  for (const sha256 of ["a".repeat(63), "A".repeat(64), "../../../../etc"]) expect(bad(routes.blobs.put.params, { sha256 }), sha256).toBe(true);
  for (const reference of ["clothes@1.2.0+3", "clothes@champion", "clothes", "0123abcd"])
    expect(bad(routes.models.get.params, { reference }), reference).toBe(false);
  for (const reference of ["@1", "a@", "a@b@c", "../x", ""]) expect(bad(routes.models.get.params, { reference }), reference).toBe(true);
  for (const url of ["ftp://x/y", "javascript:alert(1)", "x"])
    expect(bad(routes.subscriptions.create.body, { channel: { kind: "webhook", url } }), url).toBe(true);
  expect(bad(routes.series.get.query, { stat: "mean", from: "1e99" })).toBe(true);
  expect(bad(routes.rollouts.start.body, { model: "a", wavesPercent: [0, 100] })).toBe(true);
});

test("the OpenAPI document names every route and every reference in it leads somewhere", () => {
  const document = openApiDocument("1.2.3") as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  const operations = Object.values(document.paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
  expect(operations.sort()).toEqual(table.map(({ name }) => name).sort());
  const text = JSON.stringify(document);
  const references = [...new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] ?? ""))];
  expect(references.length).toBeGreaterThan(50);
  for (const reference of references) expect(document.components.schemas, reference).toHaveProperty([reference.replace("#/components/schemas/", "")]);
  for (const name of Object.keys(namedSchemas)) expect(document.components.schemas).toHaveProperty([name]);
  expect(text).not.toContain('"$id"');
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const operation of Object.values(operations) as { parameters?: { name: string; in: string; required: boolean }[] }[]) {
      const declared = (operation.parameters ?? []).filter((p) => p.in === "path").map((p) => p.name);
      expect(declared.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "").sort());
    }
  }
});
