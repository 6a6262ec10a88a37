import { createServer, type Server, type Socket } from "node:net";
import { KedgeError } from "@kedge/core";

const hints: Readonly<Record<string, readonly [code: string, hint: string]>> = {
  EADDRINUSE: ["collector/port-in-use", "Stop what listens there (another collector?), or choose another port in mqtt.port."],
  EACCES: ["collector/port-forbidden", "Ports below 1024 take a privilege; choose a higher one in mqtt.port."],
  EADDRNOTAVAIL: ["collector/address-unavailable", "This machine does not have that address; see mqtt.host."],
  ENOTFOUND: ["collector/address-unavailable", "The name stands for no address; see mqtt.host."],
};

/** Connections that the kernel may hold until they are taken; it takes less where net.core.somaxconn is less. A fleet comes within a second. */
const backlog = 8_192;

/** A TCP server that gives paused connections. Throws `collector/port-in-use`, `-/port-forbidden`, `-/address-unavailable` (exit: address). */
export async function listenOn(host: string, port: number, offer: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, offer);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, backlog, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "";
    const [code, hint] = hints[errno] ?? ["collector/cannot-listen", "See mqtt.host and mqtt.port."];
    throw new KedgeError(code, `listening for devices on ${host}:${port} failed (${errno})`, { hint, context: { host, port, exit: "address" }, cause });
  }
  return server;
}
