import { invariant, KedgeError, type Sha256, type Sha256Of } from "@kedge/core";
import type { BundleStore } from "./bundle-store.js";
import type { PackedBundle } from "./pack-bundle.js";

/** What the law is tried on. Two bundles that share their model file; `first` was created before `second`. */
export interface BundleStoreFixture {
  readonly first: PackedBundle;
  readonly second: PackedBundle;
  readonly sha256: Sha256Of;
  /** Moves the store's clock on. */
  advance(byMs: number): void;
}

/** One thing that every bundle store must do; `check` throws when it does not. */
export interface BundleStoreLaw {
  readonly name: string;
  check(store: BundleStore, fixture: BundleStoreFixture): Promise<void>;
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof KedgeError ? error.code : `not a KedgeError: ${String(error)}`;
  }
  return "nothing failed";
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((v, i) => v === b[i]);
const absent = "0".repeat(64) as Sha256;

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7);
}

async function putAll(store: BundleStore, bundle: PackedBundle): Promise<void> {
  for (const content of bundle.files.values()) await store.putBlob(content);
  const put = await store.putBundle(bundle.envelope);
  invariant(
    put.kind === "stored" && put.digest === bundle.digest && put.envelopeSha256 === bundle.envelopeSha256,
    `keeping a whole bundle gave ${JSON.stringify(put)}`,
  );
}

async function checkBlobs(store: BundleStore, { sha256 }: BundleStoreFixture): Promise<void> {
  for (const length of [0, 1, 7, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
    const blob = await store.putBlob(bytes);
    invariant(blob.sha256 === sha256(bytes) && blob.bytes === length, "a blob is named by its digest and size");
    invariant(same(await store.getBlob(blob.sha256), bytes), "a blob comes back as it was");
    invariant((await store.putBlob(inParts(bytes))).sha256 === blob.sha256, "parts give the same blob as the whole");
    invariant((await store.findBlob(blob.sha256))?.bytes === length, "a blob that is there is found");
  }
  invariant((await store.findBlob(absent)) === undefined, "a blob that is not there is not found");
  invariant((await codeOf(() => store.getBlob(absent))) === "registry/not-found", "reading a blob that is not there fails by name");
}

async function checkMutation(store: BundleStore): Promise<void> {
  const bytes = Uint8Array.of(1, 2, 3);
  const { sha256 } = await store.putBlob(bytes);
  bytes[0] = 9;
  (await store.getBlob(sha256))[1] = 9;
  (await store.getBlob(sha256, { offset: 1, length: 2 }))[1] = 9;
  invariant(same(await store.getBlob(sha256), Uint8Array.of(1, 2, 3)), "what is stored is not shared with who gave or got it");
}

async function checkExpected(store: BundleStore, { sha256 }: BundleStoreFixture): Promise<void> {
  const bytes = Uint8Array.of(4, 5, 6, 7, 8, 9, 10, 11);
  const digest = sha256(bytes);
  for (const expected of [{ sha256: absent }, { bytes: 7 }, { bytes: 9 }, { sha256: digest, bytes: 9 }]) {
    for (const content of [() => bytes, () => inParts(bytes)]) {
      invariant(
        (await codeOf(() => store.putBlob(content(), expected))) === "registry/digest-mismatch",
        `accepted content that is not ${JSON.stringify(expected)}`,
      );
    }
  }
  invariant((await store.findBlob(digest)) === undefined, "refused content is not kept");
  await store.putBlob(bytes, { sha256: digest, bytes: 8 });
}

async function checkBrokenStream(store: BundleStore, { sha256 }: BundleStoreFixture): Promise<void> {
  const bytes = Uint8Array.of(1, 1, 2, 3);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield bytes;
    throw new KedgeError("registry/unreadable", "the source of the blob ended early");
  }
  invariant((await codeOf(() => store.putBlob(broken()))) === "registry/unreadable", "a source that fails is told");
  invariant((await store.findBlob(sha256(bytes))) === undefined, "what came of a failed source is not kept");
}

async function checkRanges(store: BundleStore): Promise<void> {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const { sha256 } = await store.putBlob(bytes);
  const ranges: readonly (readonly [number, number])[] = [
    [0, 0],
    [0, 100],
    [0, 1],
    [99, 1],
    [100, 0],
    [33, 40],
  ];
  for (const [offset, length] of ranges) {
    invariant(same(await store.getBlob(sha256, { offset, length }), bytes.subarray(offset, offset + length)), `range ${offset}+${length} comes back as it was`);
  }
  const bad: readonly (readonly [number, number])[] = [
    [0, 101],
    [101, 0],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
  ];
  for (const [offset, length] of bad) {
    invariant((await codeOf(() => store.getBlob(sha256, { offset, length }))) === "registry/bad-range", `range ${offset}+${length} fails by name`);
  }
  invariant(
    (await codeOf(() => store.getBlob(absent, { offset: 0, length: 1 }))) === "registry/not-found",
    "a range of a blob that is not there fails by name",
  );
}

async function checkBundles(store: BundleStore, { first, second }: BundleStoreFixture): Promise<void> {
  const before = await store.putBundle(second.envelope);
  invariant(before.kind === "missing-blobs" && before.files.length === second.files.size, "a bundle whose files are not there is not kept");
  invariant((await store.listBundles()).length === 0 && (await store.findBundle(second.digest)) === undefined, "and is not listed");
  await putAll(store, second);
  await putAll(store, first);
  await putAll(store, first);
  const listed = await store.listBundles();
  invariant(listed.map((b) => b.digest).join() === `${first.digest},${second.digest}`, "bundles are listed once, oldest first");
  const found = await store.findBundle(first.digest);
  invariant(found?.manifest.version === first.manifest.version && found.envelope.payload === first.envelope.payload, "a bundle is found by its digest");
  invariant((await store.getBlob(first.envelopeSha256)).length > 0, "its envelope is a blob that devices can ask for");
}

async function checkDeletion(store: BundleStore, { first, second, advance }: BundleStoreFixture): Promise<void> {
  await putAll(store, first);
  await putAll(store, second);
  const stray = await store.putBlob(Uint8Array.of(42));
  advance(1_000);
  const none = await store.deleteUnreferenced({ graceMs: 5_000 });
  invariant(none.blobs === 0 && (await store.findBlob(stray.sha256)) !== undefined, "a blob within its grace time stays");
  advance(10_000);
  const one = await store.deleteUnreferenced({ graceMs: 5_000 });
  invariant(one.blobs === 1 && one.bytes === 1 && (await store.findBlob(stray.sha256)) === undefined, "a blob that nothing names goes");
  invariant(await store.removeBundle(first.digest), "removing a bundle says that it was there");
  invariant(!(await store.removeBundle(first.digest)), "removing it again says that it was not");
  await store.deleteUnreferenced({ graceMs: 5_000 });
  for (const [path, content] of second.files)
    invariant(same(await store.getBlob(second.manifest.files[roleOf(second, path)]?.sha256 ?? absent), content), `${path} is still there`);
  invariant((await store.findBlob(first.manifest.files.reference.sha256)) === undefined, "what only the removed bundle named is gone");
}

const roleOf = (bundle: PackedBundle, path: string): string => Object.entries(bundle.manifest.files).find(([, f]) => f.path === path)?.[0] ?? "";

async function checkTouched(store: BundleStore, { advance }: BundleStoreFixture): Promise<void> {
  const { sha256 } = await store.putBlob(Uint8Array.of(43));
  advance(10_000);
  await store.putBlob(Uint8Array.of(43));
  await store.deleteUnreferenced({ graceMs: 5_000 });
  invariant((await store.findBlob(sha256)) !== undefined, "a blob that was put again starts its grace time again");
}

async function checkOverlap(store: BundleStore, { first }: BundleStoreFixture): Promise<void> {
  const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => i);
  const blobs = await Promise.all(Array.from({ length: 8 }, () => store.putBlob(inParts(bytes))));
  invariant(
    new Set(blobs.map((b) => b.sha256)).size === 1 && same(await store.getBlob(blobs[0]?.sha256 ?? absent), bytes),
    "the same blob put at once by many is one",
  );
  await Promise.all([putAll(store, first), putAll(store, first), store.deleteUnreferenced({ graceMs: 60_000 })]);
  invariant((await store.listBundles()).length === 1, "the same bundle put at once by many is one");
}

/** The law of the {@link BundleStore} port. A test runs every law over every store of the list, each on a new store. */
export const bundleStoreLaws: readonly BundleStoreLaw[] = [
  { name: "keeps blobs by their digest", check: checkBlobs },
  { name: "does not share memory with its callers", check: checkMutation },
  { name: "refuses content that is not what was expected, and keeps none of it", check: checkExpected },
  { name: "keeps nothing of a source that fails", check: checkBrokenStream },
  { name: "reads ranges, and refuses those outside", check: checkRanges },
  { name: "keeps a bundle once all its files are there", check: checkBundles },
  { name: "deletes what nothing names, after the grace time, and nothing else", check: checkDeletion },
  { name: "a blob put again is young again", check: checkTouched },
  { name: "overlapping calls do not disturb each other", check: checkOverlap },
];
