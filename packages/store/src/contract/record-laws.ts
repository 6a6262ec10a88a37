import { invariant } from "@kedge/core";
import { change, put } from "../documents.js";
import { codeOf, isSame, type StoreFixture, type StoreLaw } from "./law.js";

interface Ship {
  readonly name: string;
  readonly status: string;
  readonly crew?: number;
}

const ships = { name: "ship", statusOf: (ship: Ship) => ship.status };
const boats = { name: "boat", statusOf: (ship: Ship) => ship.status };
const anything = { name: "anything", statusOf: () => "" };
const fram: Ship = { name: "Fram", status: "afloat" };

async function compareAndSet({ records }: StoreFixture): Promise<void> {
  const documents = records.documents(ships);
  const first = await documents.insert("s1", fram);
  invariant(first.kind === "saved" && first.stored.version === 1, "a new document has version 1");
  const taken = await documents.insert("s1", { ...fram, name: "Maud" });
  invariant(taken.kind === "conflict" && taken.current?.body.name === "Fram", "an id that is taken is a conflict, with what is there");
  const second = await documents.save("s1", { ...fram, status: "sunk" }, 1);
  invariant(second.kind === "saved" && second.stored.version === 2 && second.stored.createdMs === first.stored.createdMs, "a save counts the version up");
  const late = await documents.save("s1", { ...fram, name: "Gjøa" }, 1);
  invariant(late.kind === "conflict" && late.current?.version === 2 && late.current.body.status === "sunk", "a save on an old version changes nothing");
  const none = await documents.save("s2", fram, 1);
  invariant(none.kind === "conflict" && none.current === undefined, "what is not there cannot be saved over");
}

async function raceOfSaves({ records }: StoreFixture): Promise<void> {
  const documents = records.documents(ships);
  await documents.insert("s1", fram);
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => documents.save("s1", { ...fram, crew: i }, 1)));
  invariant(outcomes.filter((o) => o.kind === "saved").length === 1, "of many saves on one version one is stored");
  const inserts = await Promise.all(Array.from({ length: 20 }, () => documents.insert("s2", fram)));
  invariant(inserts.filter((o) => o.kind === "saved").length === 1, "of many inserts of one id one is stored");
  await Promise.all(Array.from({ length: 30 }, () => change(documents, "s2", (ship) => ({ ...ship, crew: (ship.crew ?? 0) + 1 }))));
  invariant((await documents.get("s2"))?.body.crew === 30, "changes at once lose none");
}

async function bodies({ records }: StoreFixture): Promise<void> {
  const documents = records.documents<unknown>(anything);
  const good: readonly unknown[] = [
    null,
    true,
    -0.1,
    1e300,
    "été \u{1f6a2} \u0000 ' \"",
    [],
    {},
    [[1, "x", null]],
    { a: { b: [{ "ключ.x": 1 }] }, __proto__: null },
  ];
  for (const [i, body] of good.entries()) {
    await documents.insert(`g${i}`, body);
    invariant(isSame((await documents.get(`g${i}`))?.body, body), `${JSON.stringify(body)} comes back as it was`);
  }
  await documents.insert("u", { a: 1, gone: undefined });
  invariant(isSame((await documents.get("u"))?.body, { a: 1 }), "an undefined member stays away");
  const bad: readonly unknown[] = [
    Number.NaN,
    { a: Number.POSITIVE_INFINITY },
    { deep: [new Map()] },
    new Date(0),
    Uint8Array.of(1),
    { f: () => 1 },
    [undefined],
    1n,
  ];
  for (const [i, body] of bad.entries()) {
    invariant((await codeOf(() => documents.insert(`b${i}`, body))) === "InvariantError", `what would come back as something else is refused (${i})`);
  }
  invariant((await documents.count()) === good.length + 1, "and is not there");
}

async function notShared({ records }: StoreFixture): Promise<void> {
  const documents = records.documents<{ list: number[] }>(anything);
  const body = { list: [1] };
  await documents.insert("d", body);
  body.list.push(2);
  (await documents.get("d"))?.body.list.push(3);
  invariant(isSame((await documents.get("d"))?.body, { list: [1] }), "what is stored is not shared with who gave or got it");
}

async function collections({ records }: StoreFixture): Promise<void> {
  await put(records.documents(ships), "x", fram);
  invariant((await records.documents(boats).get("x")) === undefined, "a collection does not see another's documents");
  invariant((await records.documents(boats).count()) === 0, "nor counts them");
  invariant(!(await records.documents(boats).delete("x")), "nor deletes them");
  invariant((await put(records.documents(ships), "x", { ...fram, crew: 2 })).version === 2, "put saves over what is there");
  invariant((await change(records.documents(ships), "y", (ship) => ship)) === undefined, "what is not there is not changed");
}

async function lists({ records }: StoreFixture): Promise<void> {
  const documents = records.documents(ships);
  for (let i = 0; i < 9; i += 1) await put(documents, `s${i}`, { ...fram, status: ["afloat", "sunk", "docked"][i % 3] ?? "" });
  const ids = async (query: Parameters<typeof documents.list>[0]): Promise<string> => (await documents.list(query)).map((d) => d.id).join();
  invariant((await ids({})) === "s0,s1,s2,s3,s4,s5,s6,s7,s8", "lists are in the order of ids");
  invariant((await ids({ status: ["sunk"] })) === "s1,s4,s7", "lists are by status");
  invariant((await ids({ status: ["sunk", "docked"], limit: 3 })) === "s1,s2,s4", "or by several");
  invariant((await ids({ status: [] })) === "", "no status is nothing");
  invariant((await ids({ after: "s2", limit: 2 })) === "s3,s4", "pages go on behind an id");
  invariant((await ids({ after: "s4", limit: 2, newestFirst: true })) === "s3,s2", "also backwards");
  invariant((await documents.count("docked")) === 3, "counts are by status too");
  await change(documents, "s0", (ship) => ({ ...ship, status: "sunk" }));
  invariant((await documents.count("sunk")) === 4, "a save moves a document to its new status");
  invariant((await documents.delete("s0")) && !(await documents.delete("s0")) && (await documents.count()) === 8, "a delete says whether there was one");
}

async function auditChain({ records, reopen }: StoreFixture): Promise<void> {
  const { audit } = records;
  invariant((await audit.firstBroken()) === undefined, "an empty chain holds");
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => audit.append({ atMs: i, actor: "me", action: "act", subject: `s${i % 2}`, details: { i, gone: undefined } })),
  );
  const all = await audit.list();
  invariant(all.map((e) => e.seq).join() === Array.from({ length: 20 }, (_, i) => i + 1).join(), "entries are numbered without holes, whoever appends at once");
  invariant((await audit.list({ subject: "s1", limit: 3 })).map((e) => e.details["i"]).join() === "1,3,5", "lists are by subject, oldest first");
  invariant((await audit.list({ afterSeq: 18 })).length === 2, "and go on behind a number");
  invariant((await audit.firstBroken()) === undefined, "the chain holds");
  const again = (await reopen?.())?.records.audit ?? audit;
  const next = await again.append({ atMs: 99, actor: "me", action: "act", subject: "later", details: {} });
  invariant(next.seq === 21 && (await again.firstBroken()) === undefined, "and goes on after a restart");
}

async function durable({ records, reopen }: StoreFixture): Promise<void> {
  if (reopen === undefined) return;
  await put(records.documents(ships), "s1", fram);
  const after = await reopen();
  const stored = await after.records.documents(ships).get("s1");
  invariant(stored?.version === 1 && isSame(stored.body, fram), "what was saved is there after reopening");
}

/** The law of the {@link RecordStore} port. */
export const recordLaws: readonly StoreLaw[] = [
  { name: "a save succeeds only on the version that was seen", check: compareAndSet },
  { name: "of many at once one wins, and none is lost", check: raceOfSaves },
  { name: "bodies come back deep-equal or are refused", check: bodies },
  { name: "bodies are not shared", check: notShared },
  { name: "collections are apart", check: collections },
  { name: "lists by status, in pages, both ways", check: lists },
  { name: "the audit chain holds, also over restarts", check: auditChain },
  { name: "a save survives reopening", check: durable },
];
