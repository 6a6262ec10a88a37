import { z } from "zod";
import { nothing } from "./fields.js";
import { problem, problemMediaType } from "./problem.js";
import { paramNames, type Route } from "./route.js";
import { allRoutes } from "./routes.js";
import { namedSchemas } from "./schemas.js";

type Json = Readonly<Record<string, unknown>>;

const mediaTypes: Readonly<Record<Route["takes"], string>> = {
  none: "",
  json: "application/json",
  octets: "application/octet-stream",
  text: "text/plain",
  events: "text/event-stream",
};

/** Parts that only say where a schema came from, and `$id`s that would move the root of its references. */
function bare(schema: Json): Json {
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
}

type Registry = z.core.$ZodRegistry<{ id: string }>;

/** All schemas of the table in one registry, so that each is written once and pointed at. */
function registryOfSchemas(): Registry {
  const registry = z.registry<{ id: string }>();
  const add = (schema: z.ZodType, id: string): void => {
    if (schema !== nothing && !registry.has(schema)) registry.add(schema, { id });
  };
  for (const [id, schema] of Object.entries(namedSchemas)) add(schema, id);
  for (const { name, route } of allRoutes()) {
    add(route.body, `${pascal(name)}Request`);
    add(route.response, `${pascal(name)}Response`);
  }
  return registry;
}

function schemasOf(registry: Registry): Readonly<Record<string, Json>> {
  const { schemas } = z.toJSONSchema(registry, { io: "input", unrepresentable: "any", uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema as Json)]));
}

function pascal(name: string): string {
  return name
    .split(".")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

function contentOf(carried: Route["takes"], schema: z.ZodType, registry: Registry): Json {
  if (carried === "none") return {};
  const reference = { $ref: `#/components/schemas/${registry.get(schema)?.id ?? ""}` };
  const body = carried === "octets" ? {} : carried === "text" ? { schema: { type: "string" } } : { schema: reference };
  return { content: { [mediaTypes[carried]]: body } };
}

function parametersOf(route: Route): Json[] {
  const inPath = paramNames(route.path);
  const list = (schema: z.ZodType, place: "path" | "query"): Json[] => {
    if (schema === nothing) return [];
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, own]) => ({ name, in: place, required: place === "path" || required.includes(name), schema: own }));
  };
  return [...list(route.params, "path").filter((p) => inPath.includes(String(p["name"]))), ...list(route.query, "query")];
}

function operationOf(name: string, route: Route, registry: Registry): Json {
  const parameters = parametersOf(route);
  return {
    operationId: name,
    tags: [name.split(".")[0]],
    summary: route.summary,
    description: route.role === "public" ? "Needs no token." : `Needs a token of role ${route.role} or above.`,
    security: route.role === "public" ? [] : [{ bearer: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.takes === "none" ? {} : { requestBody: { required: true, ...contentOf(route.takes, route.body, registry) } }),
    responses: {
      [route.status]: { description: "Success", ...contentOf(route.gives, route.response, registry) },
      default: { description: "A refusal or a fault", content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" } } } },
    },
  };
}

/** The whole API as an OpenAPI 3.1 document, made from the route table. */
export function openApiDocument(version: string): Json {
  const registry = registryOfSchemas();
  const paths: Record<string, Record<string, Json>> = {};
  for (const { name, route } of allRoutes()) {
    const path = route.path.replace(/:([A-Za-z0-9]+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route, registry) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Kedge collector", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { ...schemasOf(registry), Problem: bare(z.toJSONSchema(problem, { io: "input" }) as Json) },
    },
  };
}
