export { DirectorySlots, type ShelvedBundle } from "./directory-slots/directory-slots.js";
export { type FileOperations, realFiles } from "./directory-slots/file-operations.js";
export { type ChunkLink, type Downloaded, type DownloadOptions, downloadBundle, verifyEd25519 } from "./download/download-bundle.js";
