import { KedgeError } from "@kedge/core";
import { expect, test } from "vitest";
import { loadConfig } from "./config.js";

function faultsOf(flags: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}): string {
  try {
    loadConfig(undefined, env, flags);
  } catch (error) {
    if (error instanceof KedgeError) return error.message;
    throw error;
  }
  throw new Error("the settings were taken");
}

test("a fault says its key, what was expected and what was found", () => {
  const said = faultsOf({ server: "http://x", "http.port": 70_000, windowMs: "soon", logLevel: "loud" });
  expect(said).toContain('  - server: is no address such as mqtts://collector.example:8883; found "http://x"');
  expect(said).toMatch(/ {2}- http\.port: .*65535; found 70000/);
  expect(said).toMatch(/ {2}- windowMs: .*number.*; found "soon"/);
  expect(said).toMatch(/ {2}- logLevel: .*"debug".*; found "loud"/);
});

test("what is missing is called missing", () => {
  expect(faultsOf({})).toContain("  - server: it must be given; found nothing");
});

test("a key that is none is named with the one that was meant, if one was", () => {
  const said = faultsOf({ server: "mqtts://a:1", "http.prot": 1, windowMS: 5, colour: "red" });
  expect(said).toContain("http.prot: there is no such key; did you mean http.port?");
  expect(said).toContain("windowMS: there is no such key; did you mean windowMs?");
  expect(said).toMatch(/colour: there is no such key$/m);
});

test("a long value is cut", () => {
  expect(faultsOf({ server: "x".repeat(500) })).toMatch(/found "x{56}\.\.\.$/m);
});

test("secrets are never among what is shown: a token is given by its file", () => {
  const { tokenFile } = loadConfig(undefined, {}, { server: "mqtts://a:1", tokenFile: "/run/token" });
  expect(tokenFile).toBe("/run/token");
});
