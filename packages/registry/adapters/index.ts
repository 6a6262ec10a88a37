import { directory } from "./directory/directory-bundle-store.js";
import { memory } from "./memory/memory-bundle-store.js";

export { type BundleDirectory, readBundleDirectory, storeBundleDirectory, writeBundleDirectory } from "./bundle-directory/bundle-directory.js";
export { DirectoryBundleStore, directory } from "./directory/directory-bundle-store.js";
export {
  createKeyFiles,
  createKeyPair,
  type KeyPair,
  publicPemOf,
  readSigner,
  readTrustedKey,
  signerFromPem,
  trustedKeyFromPem,
  verifyEd25519,
} from "./ed25519/ed25519-keys.js";
export { MemoryBundleStore, memory } from "./memory/memory-bundle-store.js";
export { sha256 } from "./sha256.js";
export { storePackedBundle } from "./store-packed-bundle.js";

/** Every bundle store. A new one is a folder here and a line in this list. */
export const bundleStoreKinds = [directory, memory] as const;
