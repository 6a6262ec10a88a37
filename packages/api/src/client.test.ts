import { exitCodeOf, exitCodes, KedgeError } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { createClient, type FetchRequest, type FetchResponse, type KedgeClient, problemOf } from "./index.js";

interface Asked extends FetchRequest {
  readonly url: string;
}

/** A network of one answer, and what was asked of it. */
function answering(status: number, body: unknown, token: string | null = "t0"): { client: KedgeClient; asked: Asked[] } {
  const asked: Asked[] = [];
  const client = createClient({
    url: "http://collector:1/",
    token,
    fetch: async (url, request): Promise<FetchResponse> => {
      asked.push({ url, ...request });
      return new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body), { status });
    },
  });
  return { client, asked };
}

const token = { tokenId: "tok_1", state: "active", labels: {}, uses: 1, used: 0, deviceIds: null, createdAtMs: 1, createdBy: "a", expiresAtMs: 2, note: "" };

describe("a call", () => {
  test("puts the input where the route says", async () => {
    const { client, asked } = answering(200, { items: [], nextCursor: null });
    expect(await client.devices.list({ selector: "site in (oslo,lyon)", limit: 5, state: undefined })).toEqual({ items: [], nextCursor: null });
    expect(asked[0]).toEqual({
      url: "http://collector:1/v1/devices?selector=site%20in%20(oslo%2Clyon)&limit=5",
      method: "GET",
      headers: { authorization: "Bearer t0" },
    });
    await client.subscriptions.deliveries({ subscriptionId: "sub_1", limit: 2 });
    expect(asked[1]?.url).toBe("http://collector:1/v1/subscriptions/sub_1/deliveries?limit=2");
  });

  test("sends a body as JSON, without what the path holds", async () => {
    const { client, asked } = answering(201, { token, secret: "s" });
    expect(await client.tokens.create({ uses: 3, labels: { site: "oslo" } })).toEqual({ token, secret: "s" });
    expect(asked[0]).toMatchObject({ method: "POST", url: "http://collector:1/v1/enrolment-tokens", headers: { "content-type": "application/json" } });
    expect(JSON.parse(String(asked[0]?.body))).toEqual({ uses: 3, labels: { site: "oslo" } });
  });

  test("escapes what stands in a path", async () => {
    const { client, asked } = answering(404, {});
    await expect(client.drift.feature({ feature: "a/b ?#%", scope: "cohort:site=oslo" })).rejects.toThrow(KedgeError);
    expect(asked[0]?.url).toBe("http://collector:1/v1/drift/features/a%2Fb%20%3F%23%25?scope=cohort%3Asite%3Doslo");
  });

  test("without a token sends none", async () => {
    const { client, asked } = answering(200, { status: "ok" }, null);
    await client.health.live();
    expect(asked[0]?.headers).toEqual({});
  });

  test("gives nothing where nothing is answered, and text where text is", async () => {
    expect(await answering(204, "").client.subscriptions.remove({ subscriptionId: "sub_1" })).toBeUndefined();
    expect(await answering(200, "kedge_up 1\n").client.health.metrics()).toBe("kedge_up 1\n");
  });

  test("a newer collector's extra fields are left out", async () => {
    expect(await answering(200, { status: "ok", mood: "good" }).client.health.live()).toEqual({ status: "ok" });
  });
});

describe("blobs", () => {
  test("go up as they are", async () => {
    const sha256 = "a".repeat(64);
    const { client, asked } = answering(201, { sha256, bytes: 3, isNew: true });
    expect(await client.blobs.put({ sha256 }, Uint8Array.of(1, 2, 3))).toEqual({ sha256, bytes: 3, isNew: true });
    expect(asked[0]).toMatchObject({ method: "PUT", body: Uint8Array.of(1, 2, 3), headers: { "content-type": "application/octet-stream" } });
  });

  test("are there, are not there, or cannot be asked for", async () => {
    const sha256 = "b".repeat(64);
    expect(await answering(204, "").client.blobs.head({ sha256 })).toBe(true);
    expect(await answering(404, "").client.blobs.head({ sha256 })).toBe(false);
    await expect(answering(401, "").client.blobs.head({ sha256 })).rejects.toMatchObject({ context: { exit: "auth" } });
  });

  test("come down as they are", async () => {
    expect(await answering(200, "hey").client.blobs.get({ sha256: "c".repeat(64) })).toEqual(new TextEncoder().encode("hey"));
  });
});

describe("a failed call", () => {
  test("is the collector's own error", async () => {
    const { client } = answering(
      409,
      problemOf("conflict", "rollout/already-running", "starting a rollout of clothes@2 failed: one runs", { hint: "Abort it first." }),
    );
    const error: unknown = await client.rollouts.start({ model: "clothes@2" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "rollout/already-running", hint: "Abort it first." });
    expect(exitCodeOf(error)).toBe(exitCodes.conflict);
  });

  test.each([["not JSON"], [{ items: [{}], nextCursor: null }], [""]])("says when an answer is not what this version expects: %j", async (body) => {
    await expect(answering(200, body).client.devices.list()).rejects.toMatchObject({ code: "api/bad-answer" });
  });

  test("says when nobody is there, with the cause", async () => {
    const client = createClient({
      url: "http://nowhere",
      token: null,
      fetch: () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") })),
    });
    const error: unknown = await client.overview.get().catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "api/unreachable",
      retryable: true,
      message: "the collector at http://nowhere cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
    });
    expect(exitCodeOf(error)).toBe(exitCodes.address);
  });
});

describe("events", () => {
  const event = (id: number): string => `id: ${id}\nevent: resync\ndata: ${JSON.stringify({ id: String(id), atMs: 1, type: "resync" })}\n\n`;

  test("are typed; unknown ones are passed over", async () => {
    const { client, asked } = answering(200, `${event(1)}data: {"type":"of.the.future"}\n\n${event(2)}`);
    const ids: string[] = [];
    for await (const e of client.events.stream({ after: "0" })) ids.push(e.id);
    expect(ids).toEqual(["1", "2"]);
    expect(asked[0]).toMatchObject({ url: "http://collector:1/v1/events?after=0", headers: { accept: "text/event-stream" } });
  });

  test("a stream that breaks says so, and one that is left is cancelled", async () => {
    let isCancelled = false;
    const cancel = (): void => {
      isCancelled = true;
    };
    const streaming = (start: (c: ReadableStreamDefaultController<Uint8Array>) => void): KedgeClient =>
      createClient({
        url: "http://c",
        token: null,
        fetch: async () => new Response(new ReadableStream({ start, cancel }), { status: 200 }),
      });
    const broken = streaming((c) => c.error(new Error("socket hang up")));
    await expect(broken.events.stream().next()).rejects.toMatchObject({ code: "api/unreachable", message: expect.stringContaining("socket hang up") });
    const left = streaming((c) => c.enqueue(new TextEncoder().encode(event(1)))).events.stream();
    await left.next();
    await left.return();
    expect(isCancelled).toBe(true);
  });
});
