import { replayFile } from "./replay-file/replay-file-source.js";
import { stdinLines } from "./stdin-lines/stdin-lines-source.js";

export { readIdxFile } from "./replay-file/read-idx-file.js";
export { ReplayFileSource, replayFile } from "./replay-file/replay-file-source.js";
export type { SensorDeps } from "./sensor-deps.js";
export { StdinLinesSource, stdinLines } from "./stdin-lines/stdin-lines-source.js";

/** Every sensor source. A new one is a folder here and a line in this list. */
export const sensorKinds = [stdinLines, replayFile] as const;
