import { createServer, globalAgent, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpFetch } from "./http-fetch.js";

let server: Server;
let url: string;
const ports: (number | undefined)[] = [];

beforeEach(async () => {
  ports.length = 0;
  server = createServer((request, response) => {
    ports.push(request.socket.remotePort);
    if (request.url === "/moved") response.writeHead(302, { location: "/" }).end();
    else if (request.url === "/none") response.writeHead(204).end();
    else if (request.url === "/echo") {
      response.writeHead(200, { "x-length": request.headers["content-length"] ?? "none", "x-auth": request.headers.authorization ?? "none" });
      request.pipe(response);
    } else if (request.url === "/parts") {
      response.write("a");
      setTimeout(() => response.end("b"), 5);
    } else response.end("hello");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const plain = httpFetch({});
const get = { method: "GET", headers: {} };

describe("a fetch of one's own", () => {
  test("sends bodies whole, with their length", async () => {
    const text = await plain(`${url}/echo`, { method: "POST", headers: { authorization: "Bearer t" }, body: "été" });
    expect([await text.text(), text.headers.get("X-Length"), text.headers.get("x-auth")]).toEqual(["été", "5", "Bearer t"]);
    const bytes = await plain(`${url}/echo`, { method: "PUT", headers: {}, body: Uint8Array.of(0, 255, 7) });
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(Uint8Array.of(0, 255, 7));
  });

  test.each([
    ["HEAD", "/"],
    ["GET", "/none"],
    ["DELETE", "/none"],
  ])("%s %s leaves its connection free although nobody reads the answer", async (method, path) => {
    await plain(`${url}${path}`, { method, headers: {} });
    // A connection that is held would keep the process from ending.
    await expect.poll(() => Object.values(globalAgent.sockets).flat().length).toBe(0);
  });

  test("follows no redirect: a token goes where it was sent", async () => {
    expect((await plain(`${url}/moved`, get)).status).toBe(302);
    expect(ports).toHaveLength(1);
  });

  test("gives parts as they come", async () => {
    const reader = (await plain(`${url}/parts`, get)).body?.getReader();
    const parts: string[] = [];
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) parts.push(Buffer.from(part.value ?? []).toString());
    expect(parts.join("")).toBe("ab");
  });

  test("ends with its signal, and refuses other schemes and dead ports", async () => {
    const ending = new AbortController();
    const asked = httpFetch({ signal: ending.signal })(`${url}/parts`, get).then((r) => r.text());
    ending.abort();
    await expect(asked).rejects.toThrow();
    await expect(plain("ftp://x", get)).rejects.toThrow("neither http: nor https:");
    await expect(plain("http://127.0.0.1:1", get)).rejects.toThrow("ECONNREFUSED");
  });
});
