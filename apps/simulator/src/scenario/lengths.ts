const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a length of time looks like, for messages. */
export const lengthExample = "a length of time such as 500ms, 10s, 5m or 1h";

/** `500ms`, `10s`, `5m`, `1h` in milliseconds; `undefined` for what is none. */
export function lengthMs(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = unitMs[found?.[2] ?? ""];
  return found === null || unit === undefined ? undefined : Math.round(Number(found[1]) * unit);
}

/** `1h02m03s`, `4m05s`, `12s`. */
export function lengthText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  if (h > 0) return `${h}h${two(m)}m${two(s)}s`;
  return m > 0 ? `${m}m${two(s)}s` : `${s}s`;
}
