import { exitCodeOf, exitCodes } from "@kedge/core";
import { expect, test } from "vitest";
import { errorOfAnswer, problem, problemOf } from "./problem.js";

test.each([
  ["usage", 400, exitCodes.usage],
  ["auth", 401, exitCodes.auth],
  ["forbidden", 403, exitCodes.auth],
  ["not-found", 404, exitCodes.notFound],
  ["conflict", 409, exitCodes.conflict],
  ["too-large", 413, exitCodes.usage],
  ["media-type", 415, exitCodes.usage],
  ["untrusted", 422, exitCodes.untrusted],
  ["busy", 429, exitCodes.error],
  ["error", 500, exitCodes.error],
  ["address", 502, exitCodes.address],
  ["timeout", 504, exitCodes.timeout],
  ["storage", 507, exitCodes.storage],
  ["a word nobody knows", 500, exitCodes.error],
])("a refusal for %s is answered with %d and ends a program with %d", (reason, status, exit) => {
  const answer = problemOf(reason, "room/what", "doing it with this failed", { hint: "Do that.", requestId: "r1" });
  expect(problem.parse(answer)).toEqual(answer);
  expect(answer.status).toBe(status);
  const error = errorOfAnswer(status, JSON.parse(JSON.stringify(answer)), "GET /x");
  expect(error).toMatchObject({ code: "room/what", message: "doing it with this failed", hint: "Do that.", context: { status, requestId: "r1" } });
  expect(exitCodeOf(error)).toBe(exit);
});

test("every fault of a request is told", () => {
  const errors = [
    { path: "body.model", message: "missing" },
    { path: "", message: "unknown key" },
  ];
  expect(errorOfAnswer(400, problemOf("usage", "api/invalid-request", "the request was refused", { errors }), "x").message).toBe(
    "the request was refused\n  - body.model: missing\n  - unknown key",
  );
});

test.each([[undefined], ["<html>"], [{ status: 404 }], [null]])("an answer that explains nothing (%j) keeps the status", (answer) => {
  const error = errorOfAnswer(404, answer, "GET http://h/v1/devices/x");
  expect(error).toMatchObject({ code: "api/bad-answer", message: "GET http://h/v1/devices/x was answered with status 404, which was not explained" });
  expect(exitCodeOf(error)).toBe(exitCodes.notFound);
});

test("what may work later says so", () => {
  for (const [status, retryable] of [
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [500, false],
    [409, false],
  ] as const) {
    expect(errorOfAnswer(status, undefined, "x").retryable, String(status)).toBe(retryable);
  }
});
