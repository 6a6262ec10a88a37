import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A cable that can be cut without either end hearing of it: half-open TCP. */
export interface Cable {
  /** Where to connect instead. */
  readonly port: number;
  /** Which way nothing goes any more, over connections that stand: to the server, from it, or both. New connections are made as before. */
  cut(way?: "up" | "down" | "both"): void;
  /** Nothing goes, and nobody gets through who connects anew: as behind a router that has lost its uplink. */
  unplug(): void;
  /** Connections made from now on work. Those that were cut stay as they are. */
  mend(): void;
  close(): void;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket | undefined;
  isUpCut: boolean;
  isDownCut: boolean;
}

/** A cable to `port` of loopback. */
export async function openCable(port: number): Promise<Cable> {
  const pairs = new Set<Pair>();
  let isUnplugged = false;
  const server: Server = createServer((near) => {
    near.on("error", () => {});
    if (isUnplugged) {
      pairs.add({ near, far: undefined, isUpCut: true, isDownCut: true });
      near.resume();
      return;
    }
    const far = connect(port, "127.0.0.1");
    const pair: Pair = { near, far, isUpCut: false, isDownCut: false };
    pairs.add(pair);
    far.on("error", () => {});
    near.on("data", (bytes) => void (pair.isUpCut || far.write(bytes)));
    far.on("data", (bytes) => void (pair.isDownCut || near.write(bytes)));
    // That one end goes is not told to the other over a cable that is cut.
    near.on("close", () => void (pair.isUpCut || far.destroy()));
    far.on("close", () => void (pair.isDownCut || near.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (way: "up" | "down" | "both") => {
    for (const pair of pairs) {
      if (way !== "down") pair.isUpCut = true;
      if (way !== "up") pair.isDownCut = true;
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: (way = "both") => cut(way),
    unplug() {
      isUnplugged = true;
      cut("both");
    },
    mend() {
      isUnplugged = false;
    },
    close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far?.destroy();
      }
      server.close();
    },
  };
}
