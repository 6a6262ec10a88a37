/** One way of damaging bytes. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const int = (below: number) => Math.floor(random() * below);
  const out = Array.from(bytes);
  for (let times = 1 + int(3); times > 0; times -= 1) {
    const at = int(out.length + 1);
    const what = int(6);
    if (what === 0) out[at] = int(256);
    else if (what === 1) out[at] = (out[at] ?? 0) ^ (1 << int(8));
    else if (what === 2) out.splice(at, 1 + int(8));
    else if (what === 3) out.splice(at, 0, ...Array.from({ length: 1 + int(12) }, () => int(256)));
    else if (what === 4) out.splice(at, 0, 0xff, 0xff, 0xff, 0xff, int(256));
    else out.splice(at, 0, ...out.slice(int(at + 1), at));
  }
  return Uint8Array.from(out.slice(0, 1 << 17), (byte) => byte ?? 0);
}
