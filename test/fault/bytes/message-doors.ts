import { isDeepStrictEqual } from "node:util";
import { ProfileReader } from "@kedge/wire";
import { messageKinds } from "../../../packages/wire/contract/message-kinds.js";
import { twoReadings } from "../../../packages/wire/contract/reader-law.js";
import { fromHex, readVectors } from "../../../packages/wire/contract/vectors.js";
import { accepted, type Door, rejected } from "./door.js";

const vectors = readVectors();
const validOf = (name: string): Uint8Array[] => vectors.filter((v) => v.message === name).map((v) => fromHex(v.hex));
const common = ["wire/malformed", "wire/truncated", "wire/unknown-format", "wire/missing-field", "wire/invalid-field"];
/** Messages of which a part can come too often for its bounds. */
const withLists = new Set(["window", "sample", "birth", "enroll-request", "enroll-response", "profile", "reference-profile"]);

/** Every message of the wire, from its golden forms. */
const ofMessages: readonly Door[] = messageKinds.map(({ name, decode, encode }) => ({
  name: `wire ${name}`,
  valid: validOf(name),
  codes: [...common.filter((code) => code !== "wire/invalid-field" || name !== "ack"), ...(withLists.has(name) ? ["wire/too-many"] : [])],
  weight: 3,
  read(bytes) {
    const back = decode(bytes);
    return back.kind === "decoded" ? accepted(encode(back.value)) : rejected(back.code);
  },
}));

/** The same windows and profiles read into sums: a door that throws where it says anything else than the ordinary one. */
const intoSums: readonly Door[] = twoReadings.map(({ name, both }) => {
  const reader = new ProfileReader();
  return {
    name: `wire ${name}, into sums`,
    valid: validOf(name),
    codes: common,
    weight: 3,
    read(bytes) {
      const [ordinary, read] = both(reader, bytes);
      if (!isDeepStrictEqual(ordinary, read)) throw new Error("two readings of the same bytes differ");
      return read.kind === "decoded" ? accepted() : rejected(read.code);
    },
  };
});

export const messageDoors: readonly Door[] = [...ofMessages, ...intoSums];
