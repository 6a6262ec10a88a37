import { figure, percent } from "./format.js";
import { s } from "./element.js";

/** One bin or category: shares of the whole, 0 to 1. */
export interface HistogramBin {
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

const width = 420;
const height = 150;
const axis = 22;

/** Reference (outline) against current (filled), as shares; the bins that moved most are told in words for those who do not see it. */
export function histogram(bins: readonly HistogramBin[], name: string): SVGSVGElement {
  const top = Math.max(1e-9, ...bins.map((b) => Math.max(b.reference, b.current)));
  const step = width / Math.max(1, bins.length);
  const y = (share: number): number => (height - axis) * (1 - share / top);
  const every = Math.max(1, Math.ceil(bins.length / 7));
  const outline = bins
    .map((b, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)},${y(b.reference).toFixed(1)} L${((i + 1) * step).toFixed(1)},${y(b.reference).toFixed(1)}`)
    .join(" ");
  const moved = bins.slice().sort((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference))[0];
  const words = moved === undefined ? name : `${name}: most moved ${moved.label}, from ${percent(moved.reference)} to ${percent(moved.current)}`;
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "histogram", role: "img", "aria-label": words },
    s("title", {}, words),
    bins.map((b, i) =>
      s(
        "rect",
        {
          class: "current",
          x: (i * step + step * 0.1).toFixed(1),
          y: y(b.current).toFixed(1),
          width: (step * 0.8).toFixed(1),
          height: Math.max(0, height - axis - y(b.current)).toFixed(1),
        },
        s("title", {}, `${b.label}: reference ${percent(b.reference)}, now ${percent(b.current)}`),
      ),
    ),
    s("path", { class: "reference", d: outline }),
    bins.map((b, i) => (i % every === 0 ? s("text", { x: ((i + 0.5) * step).toFixed(1), y: height - 6, "text-anchor": "middle" }, shortLabel(b.label)) : null)),
  );
}

/** The lower end of a range, or the word of a category. */
function shortLabel(label: string): string {
  const [from = label] = label.split(" … ");
  const value = Number(from);
  if (from !== "" && Number.isFinite(value)) return figure(value);
  return from.length > 9 ? `${from.slice(0, 8)}…` : from;
}
