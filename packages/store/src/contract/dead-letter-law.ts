import { invariant } from "@kedge/core";
import { storeLimits } from "../store-limits.js";
import { isSame, type StoreFixture } from "./law.js";

/** Refused messages are listed, found, bounded, and counted for ever. */
export async function deadLettersLaw({ series, reopen }: StoreFixture): Promise<void> {
  const letter = (i: number) => ({
    atMs: i,
    deviceId: i === 2 ? "cam-2" : "cam-1",
    leaf: "stats",
    reason: i % 2 === 0 ? "wire/truncated" : "wire/oversize",
    message: `letter ${i}`,
    bytes: new Uint8Array(10_000).fill(i),
    size: 10_000 + i,
  });
  const said = (letters: readonly { readonly message: string }[]) => letters.map((l) => l.message).join();
  for (const i of [1, 2, 3]) await series.addDeadLetter(letter(i));
  const found = await series.deadLetters({ limit: 2 });
  const [newest] = found;
  invariant(newest !== undefined && said(found) === "letter 3,letter 2", "dead letters are listed newest first");
  invariant(said(await series.deadLetters({ limit: 2, beforeId: newest.id })) === "letter 2,letter 1", "from where a page before ended");
  invariant(said(await series.deadLetters({ limit: 9, deviceId: "cam-1" })) === "letter 3,letter 1", "of one device");
  invariant(said(await series.deadLetters({ limit: 9, reason: "wire/truncated" })) === "letter 2", "for one reason");
  invariant((await series.deadLetters({ limit: 9, reason: "x' or '1'='1" })).length === 0, "which is text and nothing else");
  invariant((await series.counts(["cam-1"])).deadLetters === 2 && (await series.counts(["cam-3"])).deadLetters === 0, "and counted, also of some devices");
  invariant(
    newest.bytes.length === storeLimits.deadLetterBytes && newest.bytes[0] === 3 && newest.size === 10_003,
    "the beginning of each is kept, and its size",
  );
  const one = await series.deadLetter(newest.id);
  invariant(one !== undefined && isSame({ ...one, bytes: [...one.bytes] }, { ...newest, bytes: [...newest.bytes] }), "one is found by its id");
  invariant((await series.deadLetter(newest.id + 1)) === undefined, "and none by another");
  const truncated = { reason: "wire/truncated", total: 1 };
  const all = [
    { reason: "wire/oversize", total: 2, kept: 2, newestMs: 3 },
    { ...truncated, kept: 1, newestMs: 2 },
  ];
  invariant(isSame(await series.deadLetterTotals(), all), "how many there ever were is known by reason");
  invariant((await series.deleteBefore({ deadLettersMs: 3 })) === 2 && (await series.counts()).deadLetters === 1, "old ones go");
  const left = [
    { reason: "wire/oversize", total: 2, kept: 1, newestMs: 3 },
    { ...truncated, kept: 0, newestMs: null },
  ];
  invariant(isSame(await series.deadLetterTotals(), left), "their count stays");
  await series.deleteBefore({ deadLettersMs: 100 });
  const again = reopen === undefined ? series : (await reopen()).series;
  await again.addDeadLetter(letter(4));
  const next = (await again.deadLetters({ limit: 9 }))[0];
  invariant(said(await again.deadLetters({ limit: 9 })) === "letter 4" && (next?.id ?? 0) > newest.id, "and an id is not given again");
  const most = storeLimits.deadLettersOfDevice;
  const noise = { ...letter(1), deviceId: "cam-9" };
  await Promise.all(Array.from({ length: most + 20 }, () => again.addDeadLetter(noise)));
  await again.addDeadLetter({ ...noise, message: "the last" });
  invariant((await again.counts(["cam-9"])).deadLetters === most, "of one device so many are kept");
  invariant(said(await again.deadLetters({ limit: 1, deviceId: "cam-9" })) === "the last", "the newest");
  invariant(said(await again.deadLetters({ limit: 9, deviceId: "cam-1" })) === "letter 4", "and none of others goes for them");
}
