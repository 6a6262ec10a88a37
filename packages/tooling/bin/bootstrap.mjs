// What every top-level script does first: check Node, install what is missing, build. Plain JavaScript of Node alone,
// because it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const stamp = join(root, "node_modules", ".kedge-installed");
const quietEnv = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", ONNXRUNTIME_NODE_INSTALL: "skip", npm_config_update_notifier: "false" };

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(
    `Kedge needs Node 20.19 or newer; this is ${process.versions.node}.\nInstall a newer Node (https://nodejs.org) and run the command again.\n`,
  );
  process.exit(1);
}

/** Runs a step of the preparation: its output is kept and shown only if it fails; a line says what goes on. */
export async function step(say, command, args, env = {}) {
  const started = performance.now();
  const live = process.stderr.isTTY === true;
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...quietEnv, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  if (!live) process.stderr.write(`kedge: ${say} …\n`);
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
  let frame = 0;
  const ticker = live ? setInterval(() => process.stderr.write(`\r${frames[frame++ % frames.length]} ${say} … ${seconds()} s `), 100) : undefined;
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += `${error.message}\n`;
      resolve(127);
    });
    child.on("close", resolve);
  });
  clearInterval(ticker);
  if (live) process.stderr.write("\r\u001b[K");
  if (code === 0) {
    process.stderr.write(live ? `✓ ${say} (${seconds()} s)\n` : `kedge: ${say}: done in ${seconds()} s\n`);
    return;
  }
  process.stderr.write(`${output}\nkedge: ${say} failed (exit ${code}); what it printed stands above.\n`);
  process.exit(1);
}

function lockDigest() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.version)
    .digest("hex");
}

async function install() {
  const wanted = lockDigest();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? [process.platform === "win32" ? "npm.cmd" : "npm", []] : [process.execPath, [npm]];
  await step("installing dependencies (the first time: a minute or two)", command, [...first, "ci", "--no-audit", "--no-fund"]);
  writeFileSync(stamp, wanted);
}

/** Checks Node, installs what is missing and builds what changed. Seconds when there is nothing to do. */
export async function prepare() {
  requireNode();
  await install();
  await step("building", process.execPath, [join(root, "node_modules", "turbo", "bin", "turbo"), "run", "build", "--output-logs=errors-only"]);
}

/** Runs a program in the foreground with this terminal and ends with its exit code; interrupts reach it and are waited for. */
export function become(args, options = {}) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...quietEnv, ...options.env } });
  // The terminal sends Ctrl-C to the whole group; this process must outlive the child to hand on its exit code.
  const forward = (signal) => () => {
    if (signal === "SIGTERM") child.kill(signal);
  };
  process.on("SIGINT", forward("SIGINT"));
  process.on("SIGTERM", forward("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
