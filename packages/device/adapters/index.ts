export { DeviceClock, type DeviceTime, fileNote, type SystemTime, type TimeNote, type Validity } from "./device-clock/device-clock.js";
export { type DeviceDeps, DeviceLoop, type ServedModel } from "./device-loop/device-loop.js";
export { type Standing, usualReportEveryMs } from "./device-loop/device-reports.js";
export { DirectorySlots, type ShelvedBundle } from "./directory-slots/directory-slots.js";
export { type FileOperations, realFiles } from "./directory-slots/file-operations.js";
export { type Downloaded, type DownloadOptions, downloadBundle } from "./download/download-bundle.js";
export type { ChunkLink, PullOptions } from "./download/pull-part.js";
export { verifyEd25519 } from "./download/verify-ed25519.js";
export { Updater, type UpdaterDeps } from "./updater/updater.js";
