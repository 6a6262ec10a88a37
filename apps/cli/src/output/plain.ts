/** What devices and people call things must not steer the terminal: control characters are shown, not sent. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === "\n" || c === "\t" ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`));
}

/** The same on one line. */
export function oneLine(text: string): string {
  return plain(text.replace(/[\n\t]+/g, " "));
}

/** `3m`, `2h`, `5d` between two moments; `-` for none. */
export function age(atMs: number | null | undefined, nowMs: number): string {
  if (atMs === null || atMs === undefined) return "-";
  return duration(Math.max(0, nowMs - atMs));
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** RFC 3339, UTC; `-` for none. */
export function moment(atMs: number | null | undefined): string {
  return atMs === null || atMs === undefined ? "-" : new Date(atMs).toISOString();
}

/** The first twelve digits of a digest; `-` for none. */
export function shortDigest(digest: string | null | undefined): string {
  return digest === null || digest === undefined ? "-" : digest.slice(0, 12);
}

/** `1.2 MB`. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? "B"}`;
}

/** Three significant digits. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `site=oslo,row=3`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels).map(([k, v]) => `${k}=${v}`);
  return entries.length === 0 ? "-" : entries.sort().join(",");
}
