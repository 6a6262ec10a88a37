import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Files that git tracks or would track, relative to the top; without git, nothing is known and the tests that need it say so. */
export function trackedFiles(): string[] {
  const text = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  return text.split("\0").filter((f) => f !== "" && existsSync(join(root, f)));
}

/** A tracked file's text. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** A package's manifest, as far as these tests look at it. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly sideEffects?: boolean;
  readonly workspaces?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifest(folder: string): Manifest {
  return JSON.parse(read(join(folder, "package.json"))) as Manifest;
}
