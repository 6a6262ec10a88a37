import { byText } from "./roll-up.js";

/** FNV-1a with the finaliser of MurmurHash3: even for names that differ in one digit. */
function weightOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Shares names out among members: everyone who knows the same members comes to the same result, nobody gets more than one beyond an even share, and
 * when a member comes or goes few names move between the others. Rendezvous hashing (Thaler and Ravishankar, 1998) with a bound on the load:
 * each name goes to the member with the highest weight for it that has room.
 */
export function shareOut(names: readonly string[], members: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const room = Math.ceil(names.length / Math.max(1, members.length));
  const shares = new Map<string, string[]>([...members].sort(byText).map((member) => [member, []]));
  for (const name of [...names].sort(byText)) {
    let best: string[] | undefined;
    let most = -1;
    for (const [member, share] of shares) {
      const weight = share.length < room ? weightOf(`${member}/${name}`) : -1;
      if (weight > most) [best, most] = [share, weight];
    }
    best?.push(name);
  }
  return shares;
}
