import { messageKinds } from "../../../packages/wire/contract/message-kinds.js";
import { fromHex, readVectors } from "../../../packages/wire/contract/vectors.js";
import { accepted, type Door, rejected } from "./door.js";

const vectors = readVectors();
const common = ["wire/malformed", "wire/truncated", "wire/unknown-format", "wire/missing-field", "wire/invalid-field"];
/** Messages of which a part can come too often for its bounds. */
const withLists = new Set(["window", "sample", "birth", "enroll-request", "enroll-response", "profile", "reference-profile"]);

/** Every message of the wire, from its golden forms. */
export const messageDoors: readonly Door[] = messageKinds.map(({ name, decode, encode }) => ({
  name: `wire ${name}`,
  valid: vectors.filter((v) => v.message === name).map((v) => fromHex(v.hex)),
  codes: [...common.filter((code) => code !== "wire/invalid-field" || name !== "ack"), ...(withLists.has(name) ? ["wire/too-many"] : [])],
  weight: 3,
  read(bytes) {
    const back = decode(bytes);
    return back.kind === "decoded" ? accepted(encode(back.value)) : rejected(back.code);
  },
}));
