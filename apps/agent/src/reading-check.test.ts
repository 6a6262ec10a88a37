import { inferSchema, type InputSchema, type Reading } from "@kedge/sensor";
import { expect, test } from "vitest";
import { ReadingCheck } from "./reading-check.js";

const reading = (t: number | null, i: number): Reading => ({ id: `r${i}`, atMs: 1_000 * i, inputs: { t } });
const { schema } = inferSchema(Array.from({ length: 200 }, (_, i) => reading(15 + ((i * 7) % 20), i)));
const profile = { specHash: "s", rows: 0, errors: 0, features: [] };

test("what readings break is counted into the next profile, once", () => {
  const check = new ReadingCheck(schema);
  for (const [i, t] of [20, 99, null, 21].entries()) check.count(check.look(reading(t, i), 0));
  expect(check.into(profile).anomalies).toEqual({
    pairs: [
      { field: "t", rule: "missing", count: 1 },
      { field: "t", rule: "above", count: 1 },
    ],
    overflow: 0,
  });
  expect(check.into(profile)).toBe(profile);
});

test("a schema that refuses says which rule and field; one that counts lets through", () => {
  const strict: InputSchema = { ...schema, policy: { ...schema.policy, above: "refuse" } };
  const refuses = new ReadingCheck(strict);
  expect(refuses.refusal(refuses.look(reading(99, 0), 0))).toMatchObject({
    code: "agent/schema-refused",
    input: "t",
    message: expect.stringContaining("above") as string,
  });
  expect(refuses.refusal(refuses.look(reading(null, 1), 0))).toBeUndefined();
  const counts = new ReadingCheck(schema);
  expect(counts.refusal(counts.look(reading(99, 0), 0))).toBeUndefined();
});

test("without a schema everything is let through and nothing is counted", () => {
  const check = new ReadingCheck(undefined);
  const anomalies = check.look(reading(99, 0), 0);
  expect(check.refusal(anomalies)).toBeUndefined();
  check.count(anomalies);
  expect(check.into(profile)).toBe(profile);
});
