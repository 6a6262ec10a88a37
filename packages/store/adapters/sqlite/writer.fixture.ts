import { writeSync } from "node:fs";
import { seededRandom } from "@kedge/core";
import { makeSample, makeWindow } from "../../src/contract/stream.js";
import { openSqliteStore } from "../index.js";

/**
 * A program that commits without end, for tests that kill it: `writer PATH FIRST` writes windows from number FIRST on,
 * and says `through N` on standard output after each commit that it may acknowledge.
 */
const [path = "", first = "1"] = process.argv.slice(2);
const { series, records } = await openSqliteStore(path, { nowMs: () => 0, monotonicMs: () => 0 });
const random = seededRandom(Number(first));
const ship = records.documents<{ readonly through: number }>({ name: "ship", statusOf: () => "" });

let through = Number(first) - 1;
for (;;) {
  const size = 1 + Math.floor(random() * 40);
  const seqs = Array.from({ length: size }, (_, i) => through + 1 + i);
  through += size;
  const deviceId = makeSample(1).key.deviceId;
  await series.commit({
    windows: seqs.map((seq) => makeWindow({ seq, random })),
    samples: seqs.slice(0, 1).map((seq) => makeSample(seq)),
    marks: [{ deviceId, state: { through } }],
  });
  const before = await ship.get("fram");
  if (before === undefined) await ship.insert("fram", { through });
  else await ship.save("fram", { through }, before.version);
  writeSync(1, `through ${through}\n`);
}
