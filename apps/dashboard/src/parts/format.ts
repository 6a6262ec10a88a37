/** `3 min ago`; `never` for null. */
export function ago(atMs: number | null | undefined, nowMs: number): string {
  if (atMs === null || atMs === undefined) return "never";
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** The first eight digits of a digest, as people name it; `none` for null. */
export function shortDigest(digest: string | null | undefined): string {
  return digest === null || digest === undefined ? "none" : digest.slice(0, 8);
}

/** `12,345`. */
export function count(value: number): string {
  return value.toLocaleString("en-GB");
}

/** A number with three significant digits. */
export function figure(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  return magnitude >= 1000 || magnitude < 0.001 ? value.toPrecision(3) : String(Number(value.toPrecision(3)));
}

/** `85.4 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Wall-clock time in UTC, `14:03:07`. */
export function clockTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)}Z`;
}

/** `75 s`, `12 min`, `3.1 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
