import { KedgeError, type Sha256 } from "@kedge/core";
import { type BundleStore, type PackedBundle, registryCodes as codes } from "../src/index.js";

/** Takes a bundle from memory into a store. */
export async function storePackedBundle(bundle: PackedBundle, store: BundleStore): Promise<Sha256> {
  for (const file of Object.values(bundle.manifest.files)) {
    const content = bundle.files.get(file.path);
    if (content !== undefined) await store.putBlob(content, file);
  }
  const put = await store.putBundle(bundle.envelope);
  if (put.kind === "stored") return put.digest;
  throw new KedgeError(
    codes.missingFile,
    `storing bundle ${bundle.manifest.name} ${bundle.manifest.version} failed: ${put.files.map((f) => f.path).join(", ")} is not in it`,
    {
      hint: "Pack the bundle again.",
      context: { exit: "untrusted" },
    },
  );
}
