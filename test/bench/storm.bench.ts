import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdPlain } from "./storm/plain-hold.js";
import { tlsStorm } from "./storm/tls-storm.js";
import { printResult, say } from "./support/result.js";

/**
 * Five thousand devices with client certificates are dropped at once, twice: all connections cut, and the collector killed. Everything is the real
 * thing but the devices' models: the collector's program (which does not look for drift meanwhile), and in another process the agent's link, codecs and
 * kind of outbox. Then one process holds plain connections of another.
 */
const [devices = 5_000, connections = 18_000] = process.argv.slice(2).map(Number);
const dir = await mkdtemp(join(tmpdir(), "kedge-bench-storm-"));
try {
  const storm = await tlsStorm(dir, { devices, steady: 20, features: 32, windowsEach: 2, limitSeconds: 180, stableSeconds: 62, seed: 1 }, say);
  const { cut, kill } = storm;
  say(`holding ${connections} plain connections`);
  const plain = await holdPlain(connections);
  printResult({
    resets: cut.resets + kill.resets,
    secondsToAllBack: Math.max(cut.secondsToAllBack, kill.secondsToAllBack),
    peakRssMiB: Math.max(cut.peakRssMiB, kill.peakRssMiB),
    kibPerConnection: plain.kibPerConnection,
    devices,
    ...storm,
    plain,
  });
} finally {
  await rm(dir, { recursive: true, force: true });
}
