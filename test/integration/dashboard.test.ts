import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryCollector, memoryQueries } from "../../apps/collector/src/http/fixtures/memory-collector.fixture.js";
import { memoryCommands } from "../../apps/collector/src/http/fixtures/memory-commands.fixture.js";
import { aDevice } from "../../apps/collector/src/http/fixtures/sample-resources.fixture.js";
import { type RunningHttp, startHttp } from "../../apps/collector/src/http/server.js";
import { root } from "../support/repository.js";
import { hasProgram } from "../support/services.js";

const chromiumPath = "/usr/bin/chromium";
const dashboardDir = join(root, "apps", "dashboard", "dist");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(!hasProgram(chromiumPath, "Chromium"))("the dashboard in a browser", () => {
  let server: RunningHttp;
  let browser: Browser;
  let page: Page;
  let state: MemoryCollector;
  const complaints: string[] = [];

  const start = (port: number): Promise<RunningHttp> => {
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
    state = new MemoryCollector(clock);
    state.devices = ["oslo", "lyon", "porto"].flatMap((site) =>
      [1, 2].map((n) => aDevice(`cam-${site}-${n}`, site, site === "oslo" ? { incidentIds: ["inc_1"] } : {})),
    );
    // What a device calls itself must never become markup.
    state.devices.push(aDevice("mallory", "lyon", { agentVersion: "<img src=x onerror=alert(1)>" }));
    return startHttp({
      host: "127.0.0.1",
      port,
      tokens: (bearer) => (bearer === "viewer_secret" ? { name: "v", role: "operator" } : undefined),
      queries: memoryQueries(state),
      commands: memoryCommands(state),
      dashboardDir,
      version: "0.1.0",
      clock,
      log: silent,
    });
  };
  const text = (): Promise<string> => page.innerText("body");
  const shows = async (word: string | RegExp): Promise<void> => {
    await expect.poll(text, { timeout: 10_000 }).toMatch(word);
  };
  const open = async (hash: string): Promise<void> => {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  };

  beforeAll(async () => {
    expect(existsSync(join(dashboardDir, "index.html")), "npm run build makes the dashboard").toBe(true);
    server = await start(0);
    browser = await chromium.launch({ executablePath: chromiumPath, args: flags });
    page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("asks for a token when it has none, and takes one out of the address", async () => {
    await page.goto(server.url);
    await shows(/An API token of this collector/);
    await page.goto(`${server.url}/#token=viewer_secret`);
    await page.reload();
    await shows(/devices online/);
    expect(page.url()).not.toContain("viewer_secret");
  });

  test("shows who is there and what runs where", async () => {
    await open("#/");
    await shows("cam-oslo-1");
    await shows("site=porto");
    expect(await page.locator("tbody tr", { hasText: "cam-" }).count()).toBe(6);
    await shows("<img src=x onerror=alert(1)>");
    expect(await page.locator("img").count()).toBe(0);
  });

  test("shows what moved and where, and a closer look by keyboard", async () => {
    await open("#/drift");
    await shows("site=oslo");
    const cell = page.locator(".heat button").first();
    await cell.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("svg.histogram").count(), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await page.locator("svg.histogram").getAttribute("aria-label")).toMatch(/most moved/);
  });

  test("shows waves, gates and devices of a rollout", async () => {
    await open("#/rollouts/rol_1");
    await shows("canary");
    await shows("predictions seen");
    expect(await page.locator("progress").count()).toBeGreaterThan(0);
  });

  test("shows an incident with its evidence and accuracy", async () => {
    await open("#/incidents/inc_1");
    await shows("Accuracy on labelled readings");
    await shows("before");
    await shows("History");
  });

  test("says that the collector is away, and goes on when it is back", async () => {
    const { port } = server;
    const quiet = complaints.length;
    await server.close();
    await shows("Not connected to the collector");
    server = await start(port);
    await expect.poll(text, { timeout: 15_000 }).not.toMatch("Not connected to the collector");
    // Requests that found nobody are told by the browser; they are what this test is about.
    complaints.length = quiet;
  });

  test("never broke a rule of the content security policy or threw", () => {
    expect(complaints.filter((c) => !c.includes("401"))).toEqual([]);
  });
});
