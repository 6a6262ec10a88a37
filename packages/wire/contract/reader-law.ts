import type { Profile } from "@kedge/profile";
import * as wire from "../src/index.js";

type Answer = wire.Decoded<unknown> | wire.Rejected;

function plainWindow(answer: wire.Decoded<wire.ReadWindow> | wire.Rejected): wire.Decoded<wire.WireWindow> | wire.Rejected {
  return answer.kind === "rejected" ? answer : { kind: "decoded", value: { ...answer.value, profile: answer.value.profile.toProfile() } };
}

function plainProfile(answer: ReturnType<wire.ProfileReader["profile"]>): wire.Decoded<Profile> | wire.Rejected {
  return answer.kind === "rejected" ? answer : { kind: "decoded", value: answer.value.toProfile() };
}

/** Both ways in which the same bytes can be read. */
export interface TwoReadings {
  readonly name: "window" | "profile";
  /** What the ordinary decoder says, and what a reader says that has read other things before. */
  both(reader: wire.ProfileReader, bytes: Uint8Array): readonly [Answer, Answer];
}

/** The law of {@link wire.ProfileReader}: it takes what the ordinary decoder takes, refuses what that refuses, and gives the same values. */
export const twoReadings: readonly TwoReadings[] = [
  { name: "window", both: (reader, bytes) => [wire.decodeWindow(bytes), plainWindow(reader.window(bytes))] },
  { name: "profile", both: (reader, bytes) => [wire.decodeProfile(bytes), plainProfile(reader.profile(bytes))] },
];
