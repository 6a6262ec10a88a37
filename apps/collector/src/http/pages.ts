import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The page runs its own scripts and styles and talks to this collector; nothing else, whatever a device called itself. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const notBuilt = "The dashboard is not built. Run: npm run build\n";

/** Serves the dashboard's built files. They hold no secrets, so they need no token; what the page shows, it asks the API for. */
export async function servePages(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory === null || !existsSync(join(directory, "index.html"))) {
    app.get("/", async (_, reply) => reply.code(404).type("text/plain; charset=utf-8").send(notBuilt));
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    index: ["index.html"],
    wildcard: true,
    cacheControl: false,
    setHeaders: (response, path) => {
      // The build names its assets by their content; the page itself must always be the newest.
      response.setHeader("cache-control", path.includes(`${join(directory, "assets")}`) ? "public, max-age=31536000, immutable" : "no-store");
      response.setHeader("content-security-policy", policy);
      response.setHeader("cross-origin-opener-policy", "same-origin");
    },
  });
}
