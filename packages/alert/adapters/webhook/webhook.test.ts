import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import type { Clock } from "@kedge/core";
import { describe, expect, test } from "vitest";
import type { OutgoingMessage } from "../../src/index.js";
import { isPublicAddress } from "./public-address.js";
import { newWebhookSecret, signWebhook, verifyWebhook, webhookKey } from "./standard-webhook.js";
import { parseWebhookUrl, retryAfterMs, WebhookChannel } from "./webhook-channel.js";

const nowMs = 1_614_265_330_000;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
const message: OutgoingMessage = {
  messageId: "sub_1.n1",
  notification: { noticeId: "n1", type: "test", atMs: 0, severity: "info", incidentId: null, title: "t", deviceIds: [], deviceLabels: [], data: {} },
  body: '{"type":"test","timestamp":"2021-02-25T15:02:10.000Z","data":{"ø":1}}',
};

interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function listen(
  answer: (seen: Seen) => readonly [number, Readonly<Record<string, string>>],
): Promise<{ readonly port: number; readonly seen: Seen[]; close(): Promise<void> }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
      seen.push(one);
      response.writeHead(...(answer(one) as [number, Record<string, string>])).end("x".repeat(100));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, seen, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe("signing", () => {
  test("gives the signature of the reference implementation", () => {
    const headers = signWebhook(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", nowMs, '{"test": 2432232314}');
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("is checked: any change, another secret or an old time is refused; an old secret works while it is changed", () => {
    const [fresh, old] = [newWebhookSecret(), newWebhookSecret()];
    const headers = { ...signWebhook([fresh, old], "m", nowMs, "body") };
    verifyWebhook(old, headers, "body", nowMs + 299_000);
    verifyWebhook(fresh, headers, "body", nowMs);
    const refused = { code: "alert/invalid-signature", context: { exit: "untrusted" } };
    const thrown = (work: () => void): unknown => {
      try {
        work();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(thrown(() => verifyWebhook(newWebhookSecret(), headers, "body", nowMs))).toMatchObject(refused);
    expect(thrown(() => verifyWebhook(fresh, headers, "bodY", nowMs))).toMatchObject(refused);
    expect(thrown(() => verifyWebhook(fresh, { ...headers, "webhook-id": "n" }, "body", nowMs))).toMatchObject(refused);
    expect(thrown(() => verifyWebhook(fresh, { ...headers, "webhook-timestamp": "1614265331" }, "body", nowMs))).toMatchObject(refused);
    expect(thrown(() => verifyWebhook(fresh, headers, "body", nowMs + 301_000))).toMatchObject(refused);
    expect(thrown(() => verifyWebhook(fresh, { "webhook-id": "m" }, "body", nowMs))).toMatchObject(refused);
  });

  test.each(["", "whsec_", "whsec_short", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%", `whsec_${"A".repeat(200)}`])(
    "%s is no secret, and is not repeated",
    (secret) => {
      expect(() => webhookKey(secret)).toThrow(
        expect.objectContaining({ code: "alert/invalid-secret", message: expect.not.stringContaining("short") as string }),
      );
    },
  );
});

describe("what is reached", () => {
  test.each(["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111", "2a00:1450::1"])("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each(
    [
      [
        "127.0.0.1",
        "127.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
      ],
      [
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fec0::1",
      ],
      ["", "localhost", "not-an-address"],
    ].flat(),
  )("%s is not", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  const resolvesTo = (...addresses: string[]): LookupFunction => {
    return (_name, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
        0,
      );
  };

  test.each([
    "http://127.0.0.1:1/",
    "http://2130706433:1/",
    "http://0x7f.1:1/",
    "http://[::1]:1/",
    "http://[::ffff:7f00:1]:1/",
    "http://169.254.169.254/latest",
  ])("%s is refused before any connection", async (url) => {
    const channel = new WebhookChannel({ url, secrets: [newWebhookSecret()], clock, allowPrivate: false });
    expect(await channel.send(message)).toMatchObject({ kind: "failed", code: "alert/private-address" });
  });

  test("a name that stands for a private address is refused, also when a public one is beside it", async () => {
    for (const lookup of [resolvesTo("127.0.0.1"), resolvesTo("8.8.8.8", "10.0.0.1"), resolvesTo("::1")]) {
      const channel = new WebhookChannel({ url: "http://hooks.example:1/", secrets: [newWebhookSecret()], clock, allowPrivate: false, lookup });
      expect(await channel.send(message)).toMatchObject({ kind: "failed", code: "alert/private-address" });
    }
  });

  test("the connection goes to the address that was checked, not to a second answer of the resolver", async () => {
    const asked: string[] = [];
    const rebinding: LookupFunction = (name, options, done) => {
      asked.push(name);
      resolvesTo(asked.length === 1 ? "192.0.2.1" : "127.0.0.1")(name, options, done);
    };
    const channel = new WebhookChannel({ url: "http://hooks.example:1/", secrets: [newWebhookSecret()], clock, allowPrivate: false, lookup: rebinding });
    expect((await channel.send(message)).kind).toBe("failed");
    expect(asked).toEqual(["hooks.example"]);
  });

  test("private addresses are reached when that is allowed", async () => {
    const at = await listen(() => [200, {}]);
    const channel = new WebhookChannel({
      url: `http://hooks.example:${at.port}/`,
      secrets: [newWebhookSecret()],
      clock,
      allowPrivate: true,
      lookup: resolvesTo("127.0.0.1"),
    });
    expect(await channel.send(message)).toEqual({ kind: "sent", detail: `hooks.example:${at.port} answered 200` });
    await at.close();
  });
});

describe("sending", () => {
  test("posts the body as it is, signed, so that a receiver can check it", async () => {
    const secret = newWebhookSecret();
    const at = await listen(() => [202, {}]);
    const channel = new WebhookChannel({ url: `http://127.0.0.1:${at.port}/a?b=c`, secrets: [secret], clock, allowPrivate: true });
    expect((await channel.send(message)).kind).toBe("sent");
    const [seen] = at.seen;
    expect(seen?.url).toBe("/a?b=c");
    expect(seen?.headers["content-type"]).toBe("application/json");
    expect(seen?.body).toBe(message.body);
    verifyWebhook(secret, (seen?.headers ?? {}) as Record<string, string>, seen?.body ?? "", nowMs);
    await at.close();
  });

  test("does not follow a redirect: it is a failure like any answer that is not 2xx", async () => {
    const inner = await listen(() => [200, {}]);
    const at = await listen(() => [307, { location: `http://127.0.0.1:${inner.port}/` }]);
    const channel = new WebhookChannel({ url: `http://127.0.0.1:${at.port}/`, secrets: [newWebhookSecret()], clock, allowPrivate: true });
    expect(await channel.send(message)).toMatchObject({ kind: "retryable", code: "alert/receiver-refused", message: `127.0.0.1:${at.port} answered 307` });
    expect(inner.seen).toEqual([]);
    await at.close();
    await inner.close();
  });

  test("a closed port and a name without an address may be tried again", async () => {
    const at = await listen(() => [200, {}]);
    await at.close();
    const options = { secrets: [newWebhookSecret()], clock, allowPrivate: true };
    const closed = await new WebhookChannel({ ...options, url: `http://127.0.0.1:${at.port}/` }).send(message);
    expect(closed).toMatchObject({ kind: "retryable", code: "alert/receiver-unreachable", message: expect.stringContaining("ECONNREFUSED") as string });
    const lookup: LookupFunction = (_name, _options, done) => done(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), "", 0);
    expect(await new WebhookChannel({ ...options, url: "http://nowhere.example/", lookup }).send(message)).toMatchObject({
      kind: "retryable",
      message: "nowhere.example could not be reached (ENOTFOUND)",
    });
  });

  test("Retry-After is read as seconds or as a date", () => {
    expect(retryAfterMs("120", nowMs)).toBe(120_000);
    expect(retryAfterMs(new Date(nowMs + 5_000).toUTCString(), nowMs)).toBe(5_000);
    expect(retryAfterMs(new Date(nowMs - 5_000).toUTCString(), nowMs)).toBe(0);
    for (const nothing of [undefined, "", "soon", "-1"]) expect(retryAfterMs(nothing, nowMs) ?? 0).toBe(0);
  });

  test.each(["", "hooks.example", "ftp://hooks.example/secret", "javascript:secret", "http://"])("%s is no address of a webhook", (url) => {
    expect(() => parseWebhookUrl(url)).toThrow(
      expect.objectContaining({ code: "alert/invalid-url", message: expect.not.stringContaining("secret") as string }),
    );
  });

  test("a channel without a secret is not made", () => {
    expect(() => new WebhookChannel({ url: "https://hooks.example/", secrets: [], clock, allowPrivate: false })).toThrow(
      expect.objectContaining({ code: "alert/invalid-secret" }),
    );
  });
});
