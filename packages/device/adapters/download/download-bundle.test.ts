import { seededRandom, type Sha256 } from "@kedge/core";
import { decodeBase64, encodeBase64, envelopeBytes, type PackedBundle } from "@kedge/registry";
import { chunkCountOf, type Chunk, wireLimits } from "@kedge/wire";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleOf, ChunkDesk, desire, sha256, stranger, targets } from "../collector.fixture.js";
import { DirectorySlots } from "../directory-slots/directory-slots.js";
import { PowerCutFiles } from "../directory-slots/power-cut-files.fixture.js";
import { type DownloadOptions, downloadBundle } from "./download-bundle.js";

let bundle: PackedBundle;
let other: PackedBundle;
const bigModel = Uint8Array.from({ length: Math.floor(9.3 * wireLimits.chunkBytes) }, (_, i) => (i * 2_654_435_761) >>> 11);
beforeAll(async () => {
  bundle = await bundleOf("1.0.0", { model: bigModel, others: { card: { path: "card.md", content: new Uint8Array(0) } } });
  other = await bundleOf("2.0.0");
});

const options: DownloadOptions = {
  targetsKeys: [targets.trusted],
  securityFloor: 0,
  random: seededRandom(1),
  chunkTimeoutMs: 15,
  maxTries: 4,
  retry: { firstMs: 1, maxMs: 2 },
};
const modelSha = (): Sha256 => bundle.manifest.files.model.sha256;

async function setup(files = new PowerCutFiles()) {
  return { files, slots: await DirectorySlots.open("/state", files), desk: new ChunkDesk(bundle) };
}

/** A copy with one bit of one byte changed. */
const withBit = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((v, i) => (i === at ? v ^ 1 : v));

const wanted = (b: PackedBundle = bundle) => ({ digest: b.digest, manifestDigest: b.envelopeSha256 });

describe("a bundle comes", () => {
  test("whole and once, and is put onto the shelf", async () => {
    const { slots, desk } = await setup();
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ kind: "downloaded", manifest: { version: "1.0.0" } });
    expect([...(await slots.shelf())]).toEqual([bundle.digest]);
    expect(await slots.damageOf(bundle.digest)).toBeUndefined();
    const shelved = await slots.bundle(bundle.digest);
    expect(await shelved?.read("model")).toEqual(bigModel);
    expect(await shelved?.read("card")).toEqual(new Uint8Array(0));
    // Nothing was asked for twice, and nothing of an empty file.
    const asked = desk.requests.flatMap((r) => Array.from({ length: r.count }, (_, i) => `${r.digest}/${r.index + i}`));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBe(1 + chunkCountOf(bigModel.length) + 2);
    expect(Math.max(...desk.requests.map((r) => r.count))).toBe(4);
  });

  test("through a network that loses a third, doubles a third and reorders", async () => {
    const { slots, desk } = await setup();
    const random = seededRandom(8);
    const late: Chunk[] = [];
    desk.onTheWay = (chunk) => {
      const chance = random();
      if (chance < 0.33) return [];
      if (chance < 0.66) return [chunk, chunk];
      late.push(chunk);
      return late.length > 2 ? late.splice(0).reverse() : [];
    };
    expect((await downloadBundle(slots, wanted(), desk, { ...options, maxTries: 50 })).kind).toBe("downloaded");
    expect(await slots.damageOf(bundle.digest)).toBeUndefined();
  });

  test("on from where an earlier start of the agent left it", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === modelSha() && chunk.index >= 6 ? [] : [chunk]);
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ kind: "refused", code: "device/download-stalled", retryable: true });
    const next = await setup(files.restarted({ names: "all", contents: "all" }));
    expect((await downloadBundle(next.slots, wanted(), next.desk, options)).kind).toBe("downloaded");
    expect(next.desk.requests.every((r) => r.digest !== bundle.envelopeSha256)).toBe(true);
    expect(Math.min(...next.desk.requests.filter((r) => r.digest === modelSha()).map((r) => r.index))).toBe(6);
  });

  test("anew and at once where a power cut has spoilt what was there", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === modelSha() && chunk.index >= 6 ? [] : [chunk]);
    await downloadBundle(slots, wanted(), desk, options);
    const next = await setup(files.restarted({ names: "all", contents: "torn" }));
    expect((await downloadBundle(next.slots, wanted(), next.desk, options)).kind).toBe("downloaded");
    expect(await next.slots.damageOf(bundle.digest)).toBeUndefined();
  });

  test("and what came in of a bundle that nobody waits for is forgotten", async () => {
    const { files, slots, desk } = await setup();
    desk.offer(other);
    desk.onTheWay = (chunk) => (chunk.index > 2 ? [] : [chunk]);
    await downloadBundle(slots, wanted(), desk, options);
    expect(await files.list("/state/partial")).toEqual([bundle.digest]);
    await downloadBundle(slots, wanted(other), desk, options);
    expect(await files.list("/state/partial")).toEqual([]);
  });
});

/** Sizes of everything on the disk below `partial`. */
async function bytesComingIn(files: PowerCutFiles, digest: string): Promise<number> {
  const names = ["manifest.json", ...(await files.list(`/state/partial/${digest}/files`)).map((n) => `files/${n}`)];
  const sizes = await Promise.all(names.map((n) => files.size(`/state/partial/${digest}/${n}`)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

describe("attacks on a download", () => {
  test("endless data: more is promised than was signed for, and not one byte more is kept", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === modelSha() ? [{ ...chunk, total: bigModel.length + wireLimits.chunkBytes }] : [chunk]);
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ kind: "refused", code: "device/too-many-bytes", retryable: false });
    expect(await bytesComingIn(files, bundle.digest)).toBeLessThanOrEqual(bundle.manifest.files.golden.bytes + bundle.manifest.files.reference.bytes + 8_192);
  });

  test("endless data: a manifest without an end", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => [{ ...chunk, total: 4 * 1024 ** 3 - 1, bytes: new Uint8Array(wireLimits.chunkBytes) }];
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ code: "device/too-many-bytes", retryable: false });
    expect(await bytesComingIn(files, bundle.digest)).toBe(0);
  });

  test("a flood of chunks that nobody asked for neither fills the memory nor stalls the download", async () => {
    const { slots, desk } = await setup();
    desk.onTheWay = (chunk) => {
      if (chunk.digest !== modelSha()) return [chunk];
      const flood = Array.from({ length: 3 }, (_, i) => ({ ...chunk, index: (chunk.index + 5 + i) % 9, bytes: bigModel.subarray(0, wireLimits.chunkBytes) }));
      return [...flood.filter((f) => f.index > chunk.index + 3 || f.index < chunk.index), chunk];
    };
    expect((await downloadBundle(slots, wanted(), desk, options)).kind).toBe("downloaded");
  });

  test("arbitrary installation: other content under a signed name", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === modelSha() && chunk.index === 4 ? [{ ...chunk, bytes: chunk.bytes.map((v) => v ^ 1) }] : [chunk]);
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ code: "device/digest-mismatch", retryable: true });
    expect([...(await slots.shelf())]).toEqual([]);
    expect(await files.list(`/state/partial/${bundle.digest}/files`)).not.toContain("model.onnx");
  });

  test("arbitrary installation: a bundle that a stranger signed", async () => {
    const { files, slots, desk } = await setup();
    const forged = await bundleOf("1.0.0", {}, stranger.signer);
    desk.offer(forged);
    expect(await downloadBundle(slots, wanted(forged), desk, options)).toMatchObject({ code: "registry/unknown-key", retryable: false });
    // Nothing that the forged manifest speaks of was asked for.
    expect(new Set(desk.requests.map((r) => r.digest))).toEqual(new Set([forged.envelopeSha256]));
    expect(await files.list("/state/partial")).toEqual([]);
  });

  test("arbitrary installation: a byte of the manifest's signature or payload changed on the way", async () => {
    const { files, slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === bundle.envelopeSha256 ? [{ ...chunk, bytes: withBit(chunk.bytes, chunk.bytes.length - 20) }] : [chunk]);
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ code: "device/digest-mismatch", retryable: true });
    expect(await slots.readPartial(bundle.digest, "manifest.json")).toBeUndefined();
    expect([...(await slots.shelf())]).toEqual([]);
    // A spoilt line is no reason to refuse the bundle for good.
    desk.onTheWay = (chunk) => [chunk];
    expect((await downloadBundle(slots, wanted(), desk, options)).kind).toBe("downloaded");
    expect(await files.list("/state/partial")).toEqual([]);
  });

  test("arbitrary installation: a signature that is not the trusted key's, in an envelope that the director names", async () => {
    const { files, slots, desk } = await setup();
    const [signature] = bundle.envelope.signatures;
    const sig = encodeBase64(withBit(decodeBase64(signature?.sig ?? "") ?? new Uint8Array(64), 5));
    const altered = { ...bundle, envelope: { ...bundle.envelope, signatures: [{ keyid: signature?.keyid ?? "", sig }] } };
    desk.offer(altered);
    const manifestDigest = sha256(envelopeBytes(altered.envelope));
    expect(await downloadBundle(slots, { digest: bundle.digest, manifestDigest }, desk, options)).toMatchObject({
      code: "registry/bad-signature",
      retryable: false,
    });
    expect(new Set(desk.requests.map((r) => r.digest))).toEqual(new Set([manifestDigest]));
    expect([await files.list("/state/partial"), [...(await slots.shelf())]]).toEqual([[], []]);
  });

  test.each([
    ["short", (bytes: Uint8Array) => bytes.subarray(1)],
    ["long", (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
    ["empty", () => new Uint8Array(0)],
  ])("chunks that are too %s are told, and none of their bytes is kept", async (_, change) => {
    const { slots, desk } = await setup();
    desk.onTheWay = (chunk) => (chunk.digest === modelSha() && chunk.index === 2 ? [{ ...chunk, bytes: change(chunk.bytes) }] : [chunk]);
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({
      code: "device/digest-mismatch",
      message: expect.stringContaining("chunk 2"),
      retryable: true,
    });
    expect(await slots.partialSize(bundle.digest, "files/model.onnx")).toBeLessThanOrEqual(2 * wireLimits.chunkBytes);
    expect([...(await slots.shelf())]).toEqual([]);
  });

  test("mix and match: the signed manifest of another bundle", async () => {
    const { slots, desk } = await setup();
    desk.offer(other);
    expect(await downloadBundle(slots, { digest: bundle.digest, manifestDigest: other.envelopeSha256 }, desk, options)).toMatchObject({
      code: "registry/digest-mismatch",
      retryable: false,
    });
  });

  test("rollback: a signed bundle below the security floor", async () => {
    const { slots, desk } = await setup();
    expect(await downloadBundle(slots, wanted(), desk, { ...options, securityFloor: 1 })).toMatchObject({
      code: "registry/below-security-floor",
      retryable: false,
    });
  });

  test("slow retrieval: a collector that never answers costs a bounded time", async () => {
    const { slots, desk } = await setup();
    desk.blobs.clear();
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({ code: "device/download-stalled", retryable: true });
    expect(desk.requests.length).toBe(4);
  });

  test("a link that is away is asked again, no more often than allowed", async () => {
    const { slots, desk } = await setup();
    let tries = 0;
    const link = {
      onChunk: (listen: (chunk: Chunk) => void) => desk.onChunk(listen),
      request: async () => {
        tries += 1;
        throw new Error("not connected");
      },
    };
    expect(await downloadBundle(slots, wanted(), link, options)).toMatchObject({ code: "device/download-stalled", retryable: true });
    expect(tries).toBe(4);
  });
});

describe("a download ends", () => {
  test("before it begins where there is no room, and says how much it takes", async () => {
    const { files, slots, desk } = await setup();
    files.freeSpace = 17 * 1024 * 1024;
    const large = await bundleOf("3.0.0", { model: new Uint8Array(2 * 1024 * 1024) });
    desk.offer(large);
    expect(await downloadBundle(slots, wanted(large), desk, options)).toMatchObject({ code: "device/no-space", retryable: true });
    files.freeSpace = 20 * 1024 * 1024;
    expect((await downloadBundle(slots, wanted(large), desk, options)).kind).toBe("downloaded");
  });

  test("when the disk fails, and goes on from there", async () => {
    const { files, slots, desk } = await setup();
    let isFull = true;
    const { writeAt } = files;
    files.writeAt = (path, offset, bytes) => {
      if (isFull && offset >= 3 * wireLimits.chunkBytes) return Promise.reject(new Error("ENOSPC: no space left on device"));
      return writeAt.call(files, path, offset, bytes);
    };
    expect(await downloadBundle(slots, wanted(), desk, options)).toMatchObject({
      code: "device/step-failed",
      message: expect.stringContaining("ENOSPC"),
      retryable: true,
    });
    isFull = false;
    expect((await downloadBundle(slots, wanted(), desk, options)).kind).toBe("downloaded");
  });

  test("between two chunks when it is given up", async () => {
    const { slots, desk } = await setup();
    const giveUp = new AbortController();
    desk.onTheWay = (chunk) => {
      if (chunk.digest === modelSha() && chunk.index === 5) giveUp.abort();
      return [chunk];
    };
    expect(await downloadBundle(slots, wanted(desire(bundle, 1) && bundle), desk, { ...options, signal: giveUp.signal })).toMatchObject({
      code: "device/superseded",
      retryable: true,
    });
    expect(await slots.partialSize(bundle.digest, "files/model.onnx")).toBeGreaterThanOrEqual(4 * wireLimits.chunkBytes);
  });
});
