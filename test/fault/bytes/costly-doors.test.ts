import { createPrivateKey } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@kedge/core";
import { certificateRequest, newDeviceKey } from "@kedge/identity/adapters";
import { openAuthority } from "@kedge/identity/authority";
import { parseIdx } from "@kedge/sensor";
import { decodeHll, decodeKll } from "@kedge/stats";
import { expect, test } from "vitest";
import { messageKinds } from "../../../packages/wire/contract/message-kinds.js";
import { damaged } from "./damage.js";

const seed = 20_260_803;

test("damaged certificate requests are refused by name, and none but its own key's is taken", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kedge-csr-"));
  try {
    const authority = await openAuthority(directory, { nowMs: Date.now() });
    const made = newDeviceKey();
    const key = typeof made === "string" ? createPrivateKey(made) : made;
    const valid = certificateRequest(key, "cam-1");
    expect((await authority.readRequest(valid)).kind).toBe("read");
    const random = seededRandom(seed);
    const codes = new Set<string>();
    for (let i = 0; i < 1_200; i += 1) {
      const bytes = damaged(valid, random);
      const answer = await authority.readRequest(bytes);
      if (answer.kind === "denied") codes.add(answer.code);
      // Bytes behind the request or a longer form of a length are read past; what is signed is not.
      else expect(answer.publicKeySha256).toHaveLength(64);
    }
    expect([...codes].sort()).toEqual(["identity/csr-malformed", "identity/csr-signature"]);
    expect(await authority.readRequest(new Uint8Array(4_097))).toMatchObject({ kind: "denied", code: "identity/csr-malformed" });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** Bytes that a few hundred calls took and held at any time, beside what they were given. */
function heldBy(call: () => unknown): number {
  call();
  const memory = (): number => process.memoryUsage().arrayBuffers;
  const before = memory();
  let most = 0;
  for (let i = 0; i < 50; i += 1) {
    call();
    most = Math.max(most, memory() - before);
  }
  return most;
}

/** A message of a few bytes that claims to hold as much as there can be. */
const claims: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ...messageKinds.map(({ name, decode }) => [name, Uint8Array.of(8, 1, 18, 0xff, 0xff, 0xff, 0xff, 0x0f, 1), decode] as const),
  ...messageKinds.map(({ name, decode }) => [`${name}, nested`, Uint8Array.of(8, 1, 74, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 1), decode] as const),
  ["HLL of 2^21 registers", Uint8Array.from({ length: 40 }, (_, i) => [10, 1, 7, 21, 0, 8, 0, 10][i] ?? 0), decodeHll],
  ["HLL set of 2^32 coupons", Uint8Array.of(3, 1, 7, 21, 0, 8, 0, 1, 255, 255, 255, 255), decodeHll],
  ["KLL of 2^53 values", Uint8Array.of(5, 1, 15, 0, 255, 255, 8, 0, 255, 255, 255, 255, 255, 255, 31, 0, 255, 255, 60, 0), decodeKll],
  ["IDX of 2^96 numbers", Uint8Array.of(0, 0, 13, 3, ...new Array<number>(12).fill(255)), parseIdx],
];

test.each(claims)("%s: a few bytes that claim much are refused before anything is made for them", (_, bytes, decode) => {
  expect(decode(bytes)).toMatchObject({ kind: "rejected" });
  // Far above what the refusal itself needs, far below what is claimed.
  expect(heldBy(() => decode(bytes))).toBeLessThan(512 * 1024);
});
