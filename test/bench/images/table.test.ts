import { afterAll, beforeAll, expect, test } from "vitest";
import { disturbances } from "./disturbances.js";
import { openScenes, type Scenes } from "./scenes.js";
import { tryClean, tryDisturbance } from "./trial.js";

let scenes: Scenes;
// Where no earlier run left the model, it is trained first.
beforeAll(async () => {
  scenes = await openScenes();
}, 120_000);
afterAll(() => scenes.dispose());

const trial = async (key: string, labelEvery = 0) => {
  const disturbance = disturbances.find((d) => d.key === key);
  if (disturbance === undefined) throw new RangeError(key);
  const seeds = [1, 2, 3];
  return Promise.all(seeds.map((seed) => tryDisturbance(scenes, { disturbance, extent: "cohort", seed, labelEvery })));
};

test("a knock of 2 px is found at its site, and told as a knock", async () => {
  for (const found of await trial("knock2")) {
    expect(found.accuracy).toBeLessThan(0.62);
    expect(found.frames).toBeLessThanOrEqual(300);
    expect(found).toMatchObject({ isScopeExact: true, isToldRight: true, causeClass: "camera_moved" });
  }
});

test("dimming to 40 % is found, told as light, and calls for no retraining, with and without labels", async () => {
  for (const labelEvery of [0, 10]) {
    for (const found of await trial("dim40", labelEvery)) {
      expect(found.accuracy).toBeGreaterThan(0.8);
      expect(found).toMatchObject({ isToldRight: true, causeClass: "light", isRetrainAdvised: false });
    }
  }
});

test("a negative is grave, however sure the model is", async () => {
  for (const found of await trial("invert")) {
    expect(found.accuracy).toBeLessThan(0.15);
    expect(found).toMatchObject({ isToldRight: true, severity: "critical", causeClass: "inverted", isRetrainAdvised: false });
  }
});

test("nothing is found where nothing is", async () => {
  expect((await tryClean(scenes, 5, 10)).alarms).toBe(0);
});
