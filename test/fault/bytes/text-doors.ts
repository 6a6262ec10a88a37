import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceId, KedgeError, parseSelector } from "@kedge/core";
import { parseApiToken, parseEnrolmentToken } from "@kedge/identity";
import { decodeIngestState, encodeIngestState, type IngestState } from "@kedge/ingest";
import { readInput } from "@kedge/sample";
import { readSchema, schemaText } from "@kedge/sensor";
import { topicFor, enrollTopic, parseTopic } from "@kedge/wire";
import { loadConfig as loadAgentConfig } from "../../../apps/agent/src/config.js";
import { parseCsv } from "../../../apps/cli/src/pack/csv.js";
import { FrameScanner } from "../../../apps/collector/src/broker/frame-scanner.js";
import { loadConfig as loadCollectorConfig } from "../../../apps/collector/src/config.js";
import { readRecord } from "../../../packages/device/src/device-record.js";
import { LineSplitter } from "../../../packages/sensor/adapters/stdin-lines/line-splitter.js";
import { readLine } from "../../../packages/sensor/adapters/stdin-lines/read-line.js";
import { accepted, type Answer, type Door, rejected, textOf, utf8 } from "./door.js";

const digest = "ab".repeat(32);
const secret = "a".repeat(32);

/** What throws a fault of ours refuses; any other throw is a fault of the door. */
function orFault(read: () => void): Answer {
  try {
    read();
    return accepted();
  } catch (error) {
    if (error instanceof KedgeError) return rejected(error.code);
    throw error;
  }
}

const orNothing = (value: unknown): Answer => (value === undefined ? rejected("none") : accepted());

const readings = [
  { id: "r1", atMs: 5, inputs: { temperature: 20.5, colour: "red", isOpen: true, none: null } },
  { inputs: { image: { type: "uint8", dims: [2, 2], values: [1, 2, 3, 4] } } },
  { inputs: { x: { type: "float32", dims: [1, 2], base64: "AACAPwAAAEA=" }, n: { type: "int64", dims: [1], values: ["9007199254740993"] } } },
];

const record = {
  formatVersion: 1,
  current: digest,
  previous: null,
  trial: { starts: 1 },
  desiredVersion: 3,
  securityFloor: 1,
  rolloutId: "rol_1",
  targetDigest: digest,
  refused: [{ digest, desiredVersion: 2, reason: "device/self-test" }],
  update: "PROBATION",
  reason: "",
};

const state: IngestState = {
  formatVersion: 1,
  epochs: [
    {
      bootEpoch: 4,
      admitted: [1, 9, 11, 12],
      lost: [10, 10],
      endSeq: null,
      startMs: 5,
    },
  ],
  closed: [{ bootEpoch: 3, endSeq: 7 }],
  closedThrough: 3,
  lostBefore: 2,
};

const number = { type: "number", maxMissingShare: 0, seen: { min: 0, max: 1 }, range: null, isWhole: false, unit: "celsius", plausible: null, stuck: null };
const text = { type: "text", maxMissingShare: 0.5, domain: ["a", "b"], maxLength: 5 };
const schema = { formatVersion: 1, inferredFrom: null, policy: {}, time: { maxStepBackMs: 0, maxAheadMs: 5 }, fields: { temperature: number, colour: text } };

/** The fixed path is written anew for each case. */
const folder = mkdtempSync(join(tmpdir(), "kedge-bytes-"));
const file = join(folder, "config.yaml");
export const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });

function configDoor(name: string, yaml: string, code: string, load: (path: string) => unknown): Door {
  return {
    name,
    valid: [utf8(yaml)],
    codes: [code],
    weight: 0.15,
    read(bytes) {
      writeFileSync(file, bytes);
      return orFault(() => load(file));
    },
  };
}

const mqtt = Uint8Array.of(0x10, 4, 1, 2, 3, 4, 0x30, 0x85, 1, ...new Uint8Array(133), 0xc0, 0);

/** Texts: lines, files, tokens, names; and the frames of the broker. */
export const textDoors: readonly Door[] = [
  {
    name: "reading in a line",
    valid: readings.map((r) => utf8(JSON.stringify(r))),
    codes: ["sensor/not-json", "sensor/bad-reading"],
    weight: 2,
    read(bytes) {
      const found = readLine({ kind: "line", bytes }, { id: "d", atMs: 1 });
      return found === undefined || found.kind === "reading" ? accepted() : rejected(found.code);
    },
  },
  {
    name: "lines of readings",
    valid: [utf8(readings.map((r) => JSON.stringify(r)).join("\n"))],
    codes: ["sensor/line-too-long", "sensor/not-json"],
    read(bytes) {
      const splitter = new LineSplitter(200);
      let code: string | undefined;
      for (const line of [...splitter.push(bytes.subarray(0, 90)), ...splitter.push(bytes.subarray(90)), ...splitter.end()]) {
        const found = readLine(line, { id: "d", atMs: 1 });
        if (found?.kind === "rejected") code = found.code;
      }
      return code === undefined ? accepted() : rejected(code);
    },
  },
  {
    name: "schema file",
    valid: [utf8(JSON.stringify(schema))],
    codes: ["refused"],
    read(bytes) {
      const found = readSchema(textOf(bytes));
      return found.kind === "schema" ? accepted(utf8(schemaText(found.schema))) : rejected(found.kind);
    },
  },
  {
    name: "CSV of readings",
    valid: [utf8('a,b\n1,"x ""y"""\n2,\n')],
    codes: ["cli/bad-rows"],
    read: (bytes) => orFault(() => parseCsv(textOf(bytes), "rows.csv")),
  },
  {
    name: "stored ingest state",
    valid: [utf8(encodeIngestState(state))],
    codes: ["none"],
    read(bytes) {
      const found = decodeIngestState(textOf(bytes));
      return found === undefined ? rejected("none") : accepted(utf8(encodeIngestState(found)));
    },
  },
  {
    name: "record of a device's slots",
    valid: [utf8(JSON.stringify(record))],
    codes: ["none", "not JSON"],
    read(bytes) {
      let json: unknown;
      try {
        json = JSON.parse(textOf(bytes));
      } catch {
        return rejected("not JSON");
      }
      return orNothing(readRecord(json));
    },
  },
  {
    name: "sampled input",
    valid: [utf8("12.5"), utf8('{"number":"NaN"}')],
    codes: ["none"],
    read: (bytes) =>
      orNothing(
        readInput({ name: "x", type: (["column", "string", "float32", "int64"] as const)[bytes.length % 4] ?? "column", dims: [bytes.length >> 2], bytes }),
      ),
  },
  {
    name: "enrolment token",
    valid: [utf8(`kedge1.tok_1.${secret}.${digest}`)],
    codes: ["none"],
    read: (bytes) => orNothing(parseEnrolmentToken(textOf(bytes))),
  },
  { name: "API token", valid: [utf8(`kedge_viewer_${secret}`)], codes: ["none"], read: (bytes) => orNothing(parseApiToken(textOf(bytes))) },
  {
    name: "topic",
    valid: [utf8(topicFor("cam-1" as DeviceId, "stats")), utf8(enrollTopic("a".repeat(16), "request"))],
    codes: ["none"],
    read: (bytes) => orNothing(parseTopic(textOf(bytes))),
  },
  {
    name: "selector",
    valid: [utf8("site=oslo,env!=test,zone in (a,b),!retired")],
    codes: ["string"],
    read: (bytes) => (typeof parseSelector(textOf(bytes)) === "string" ? rejected("string") : accepted()),
  },
  {
    name: "MQTT frames",
    valid: [mqtt],
    codes: ["oversize", "malformed"],
    read(bytes) {
      const caps = { connect: 256, publish: 1_000, other: 64 };
      const whole = new FrameScanner(caps).scan(bytes);
      // However a stream is cut, the verdict is the same.
      const scanner = new FrameScanner(caps);
      let parts: ReturnType<FrameScanner["scan"]>;
      for (let at = 0; at < bytes.length && parts === undefined; at += 7) parts = scanner.scan(bytes.subarray(at, at + 7));
      if (parts !== whole) throw new RangeError(`cut otherwise, frames are ${parts} instead of ${whole}`);
      return whole === undefined ? accepted() : rejected(whole);
    },
  },
  configDoor(
    "agent's configuration",
    "server: mqtts://collector.example:8883\nlabels:\n  site: oslo\nwindowMs: 5000\nhttp: { port: 0 }\n",
    "agent/config",
    (path) => loadAgentConfig(path, {}, {}),
  ),
  configDoor("collector's configuration", "dataDir: /tmp/kedge\ndrift: { tickMs: 2500, lookBackMs: 11000 }\nlogLevel: info\n", "collector/config", (path) =>
    loadCollectorConfig(path, {}, {}),
  ),
];
