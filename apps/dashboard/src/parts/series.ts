import uPlot from "uplot";
import { h } from "./element.js";

/** One line of a chart; `values[i]` belongs to `times[i]`, null where nothing is known. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** A moment worth marking on a time axis. */
export interface Mark {
  readonly atMs: number;
  readonly label: string;
  readonly kind: "alert" | "rollout" | "resolved";
}

const palette = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5", "--line-6"];

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawMarks(marks: readonly Mark[]): (plot: uPlot) => void {
  return (plot) => {
    const context = plot.ctx;
    context.save();
    context.font = `${11 * devicePixelRatio}px system-ui`;
    context.textBaseline = "top";
    context.textAlign = "left";
    for (const [index, mark] of marks.entries()) {
      const x = plot.valToPos(mark.atMs / 1000, "x", true);
      if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
      context.strokeStyle = colour(mark.kind === "alert" ? "--bad" : mark.kind === "resolved" ? "--good" : "--accent");
      context.fillStyle = context.strokeStyle;
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(x, plot.bbox.top);
      context.lineTo(x, plot.bbox.top + plot.bbox.height);
      context.stroke();
      // Marks that fall together are told one below the other.
      context.fillText(mark.label, x + 4, plot.bbox.top + (index % 4) * 14 * devicePixelRatio);
    }
    context.restore();
  };
}

/** Lines over time (uPlot) with marks; times in ms since 1970, shown in UTC. */
export function seriesChart(
  times: readonly number[],
  lines: readonly Line[],
  options: { readonly unit: string; readonly marks: readonly Mark[]; readonly height?: number },
): HTMLElement {
  const frame = h("div", { class: "series" });
  const text = colour("--muted");
  const grid = { stroke: colour("--grid"), width: 1 };
  const axis = { stroke: text, grid, ticks: grid };
  // uPlot measures the element, so it must stand in the page first.
  queueMicrotask(() => {
    new uPlot(
      {
        width: Math.max(280, frame.clientWidth || 600),
        height: options.height ?? 200,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
        series: [
          {},
          ...lines.map((line, i) => ({
            label: line.label,
            stroke: colour(palette[i % palette.length] ?? "--line-1"),
            width: 2,
            spanGaps: true,
            points: { show: line.values.length < 40 },
          })),
        ],
        axes: [axis, { ...axis, size: 56, values: (_: uPlot, values: number[]) => values.map((v) => `${Number(v.toPrecision(4))}${options.unit}`) }],
        hooks: { draw: [drawMarks(options.marks)] },
      },
      [times.map((t) => t / 1000), ...lines.map((line) => line.values.slice())],
      frame,
    );
  });
  return frame;
}
