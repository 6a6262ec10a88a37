import type { Sha256Of } from "@kedge/core";
import { canonicalJson, type Json } from "@kedge/core";
import type { Profile, ProfileSpec } from "./profile.js";
import { type Incompatible, ProfileSum } from "./profile-sum.js";

/** Whether a merge was refused. */
export function isIncompatible(merged: Profile | Incompatible): merged is Incompatible {
  return "reason" in merged;
}

/** The digest of a spec: SHA-256 of its canonical JSON in UTF-8. */
export function specHash(spec: ProfileSpec, digest: { readonly utf8: (text: string) => Uint8Array; readonly sha256: Sha256Of }): string {
  return digest.sha256(digest.utf8(canonicalJson(spec as unknown as Json)));
}

/** The profile of both streams together: counts exactly, moments to rounding. Refused by name when the specs differ. */
export function mergeProfiles(a: Profile, b: Profile): Profile | Incompatible {
  const sum = ProfileSum.of(a);
  return sum.addProfile(b) ?? sum.toProfile();
}

/** The profile of nothing: what every merge may start from. */
export function emptyProfile(spec: ProfileSpec, hash: string): Profile {
  return ProfileSum.ofSpec(spec, hash).toProfile();
}

/** The profile of all of them together; `undefined` of none. Those that count by another spec than the first are left out. */
export function sumOfProfiles(profiles: Iterable<Profile>): Profile | undefined {
  let sum: ProfileSum | undefined;
  for (const profile of profiles) {
    if (sum === undefined) sum = ProfileSum.of(profile);
    else sum.addProfile(profile);
  }
  return sum?.toProfile();
}
