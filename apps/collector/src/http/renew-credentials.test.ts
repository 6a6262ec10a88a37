import { connect, type TLSSocket } from "node:tls";
import { once } from "node:events";
import { silentLog } from "@kedge/core";
import { manualClock } from "@kedge/testkit";
import { expect, test } from "vitest";
import { testTls } from "../../../../packages/wire/contract/test-tls.js";
import { MemoryCollector, memoryQueries } from "./fixtures/memory-collector.fixture.js";
import { memoryCommands } from "./fixtures/memory-commands.fixture.js";
import { startHttp } from "./server.js";

async function commonNameAt(port: number): Promise<[string, TLSSocket]> {
  const socket = connect({ host: "127.0.0.1", port, ca: testTls.authority });
  await once(socket, "secureConnect");
  return [String(socket.getPeerCertificate().subject.CN), socket];
}

test("a renewed certificate is shown to new connections, and those that stand are not cut", async () => {
  const clock = manualClock(1_790_000_000_000);
  const state = new MemoryCollector(clock);
  const server = await startHttp({
    host: "127.0.0.1",
    port: 0,
    tls: { key: testTls.serverKey, cert: testTls.serverCertificate },
    tokens: () => undefined,
    queries: memoryQueries(state),
    commands: memoryCommands(state),
    dashboardDir: null,
    version: "0.1.0",
    clock,
    log: silentLog,
  });
  const [before, standing] = await commonNameAt(server.port);
  expect(before).toBe("server");
  server.renewCredentials({ key: testTls.clientKey, cert: testTls.clientCertificate });
  const [after, fresh] = await commonNameAt(server.port);
  expect(after).toBe("client");
  standing.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const [answer] = (await once(standing, "data")) as [Buffer];
  expect(answer.toString()).toContain("200 OK");
  standing.destroy();
  fresh.destroy();
  await server.close();
});
