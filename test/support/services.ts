import { existsSync } from "node:fs";

/** Whether a program that a test needs is there. Where it is missing the test is skipped with a line; with KEDGE_REQUIRE_SERVICES=1 that is a failure. */
export function hasProgram(path: string, what: string): boolean {
  if (existsSync(path)) return true;
  if (process.env["KEDGE_REQUIRE_SERVICES"] === "1") throw new Error(`${what} (${path}) is required by KEDGE_REQUIRE_SERVICES=1 and missing`);
  process.stderr.write(`skipped: ${what} is not installed (${path})\n`);
  return false;
}
