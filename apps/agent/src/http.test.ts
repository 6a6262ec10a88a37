import { request } from "node:http";
import { KedgeError, silentLog } from "@kedge/core";
import { expect, onTestFinished, test } from "vitest";
import { startHttp } from "./http.js";
import { frame, tinySense, tinySlot } from "./tiny-slot.fixture.js";

type Lab = ReturnType<typeof tinySense> & {
  readonly url: string;
  post(path: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
};

async function lab(options: { readonly hasModel?: boolean; readonly maxBodyBytes?: number } = {}): Promise<Lab> {
  const tiny = tinySense();
  if (options.hasModel !== false) await tiny.sense.serve(await tinySlot());
  const clock = { nowMs: () => 9, monotonicMs: () => 9 };
  const { maxBodyBytes = 65_536 } = options;
  const http = await startHttp({ host: "127.0.0.1", port: 0, maxBodyBytes, sense: tiny.sense, status: () => ({ deviceId: "cam-1" }), clock, log: silentLog });
  onTestFinished(async () => {
    await http.close();
    await tiny.sense.serve(undefined);
  });
  const url = `http://127.0.0.1:${http.port}`;
  const post: Lab["post"] = (path, body, headers = {}) =>
    fetch(`${url}${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : new Uint8Array(body),
      headers: { "content-type": "application/json", ...headers },
    });
  return { ...tiny, url, post };
}

async function problemOf(answer: Response): Promise<{ readonly status: number; readonly code: string }> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const body = (await answer.json()) as { status: number; code: string; type: string; detail: string };
  expect(body.status).toBe(answer.status);
  expect(body.type).toBe(`urn:kedge:${body.code}`);
  expect(body.detail).not.toBe("");
  return { status: answer.status, code: body.code };
}

const bytes = { "content-type": "application/octet-stream" };
const json = (brightness: number): string =>
  JSON.stringify({ inputs: { image: { type: "uint8", dims: [3], values: [...(frame(brightness).inputs["image"] as { values: Uint8Array }).values] } } });

test("bytes and JSON give the same prediction, and both are counted", async () => {
  const { post, sense } = await lab();
  const raw = await post("/v1/predict", new Uint8Array(3).fill(250), bytes);
  const written = await post("/v1/predict", json(250));
  expect([raw.status, written.status]).toEqual([200, 200]);
  const [a, b] = [(await raw.json()) as Record<string, unknown>, (await written.json()) as Record<string, unknown>];
  expect(a).toMatchObject({ label: "light", bundle: sense.model?.digest });
  expect(b).toMatchObject({ label: a["label"], score: a["score"], probabilities: a["probabilities"] });
  expect(sense.counters.predictions).toBe(2);
  await post("/v1/predict?observe=false", json(1));
  expect(sense.counters.predictions).toBe(2);
});

test("bad requests are refused by code, and the next good one is answered", async () => {
  const { post, url } = await lab({ maxBodyBytes: 1_024 });
  expect(await problemOf(await post("/v1/predict", new Uint8Array(4), bytes))).toEqual({ status: 422, code: "inference/wrong-shape" });
  const wrong = JSON.stringify({ inputs: { image: { type: "uint8", dims: [4], values: [1, 2, 3, 4] } } });
  expect(await problemOf(await post("/v1/predict", wrong))).toEqual({ status: 422, code: "inference/wrong-shape" });
  expect(await problemOf(await post("/v1/predict", "{"))).toEqual({ status: 400, code: "agent/not-json" });
  expect((await problemOf(await post("/v1/predict", "[]"))).status).toBe(422);
  expect(await problemOf(await post("/v1/predict", "x".repeat(1_025)))).toEqual({ status: 413, code: "agent/body-too-large" });
  expect(await problemOf(await fetch(`${url}/v1/nothing`))).toEqual({ status: 404, code: "agent/no-route" });
  expect(await problemOf(await fetch(`${url}/v1/predict`))).toEqual({ status: 404, code: "agent/no-route" });
  expect((await post("/v1/predict", json(1))).status).toBe(200);
});

test("a path of which no address can be made is the caller's fault, not ours", async () => {
  const { url } = await lab();
  const status = await new Promise<number>((resolve, reject) => {
    const call = request({ port: Number(new URL(url).port), host: "127.0.0.1", path: "//", method: "GET" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    call.on("error", reject);
    call.end();
  });
  expect(status).toBe(400);
});

test("a body that is not UTF-8 is refused instead of being read with other letters", async () => {
  const { post, sense } = await lab();
  const [before, after] = json(1).split("image");
  const body = Buffer.concat([Buffer.from(before ?? ""), Buffer.from([0xff]), Buffer.from(after ?? "")]);
  expect(await problemOf(await post("/v1/predict", body))).toEqual({ status: 400, code: "agent/not-json" });
  expect(sense.counters.predictions).toBe(0);
});

test.each([{ origin: "https://evil.example" }, { "sec-fetch-site": "same-origin" }])("a browser is refused: %o", async (headers) => {
  const { post, sense } = await lab();
  expect(await problemOf(await post("/v1/predict", json(1), headers))).toEqual({ status: 403, code: "agent/browser" });
  expect(sense.counters.predictions).toBe(0);
});

test("without a model predictions and readiness are refused; health and status are not", async () => {
  const { post, url } = await lab({ hasModel: false });
  expect(await problemOf(await post("/v1/predict", json(1)))).toEqual({ status: 503, code: "agent/no-model" });
  expect(await problemOf(await fetch(`${url}/readyz`))).toEqual({ status: 503, code: "agent/no-model" });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/v1/status`)).json()).toEqual({ deviceId: "cam-1" });
});

test("a port in use is a fault that names it and what to do, and ends the program as an address", async () => {
  const { url, sense } = await lab();
  const port = Number(new URL(url).port);
  const clock = { nowMs: () => 9, monotonicMs: () => 9 };
  const fault = await startHttp({ host: "127.0.0.1", port, maxBodyBytes: 1_024, sense, status: () => ({}), clock, log: silentLog }).catch((e: unknown) => e);
  expect(fault).toBeInstanceOf(KedgeError);
  expect(fault).toMatchObject({ code: "agent/port-in-use", context: { exit: "address" } });
  expect(String(fault)).toContain(`127.0.0.1:${port}`);
});
