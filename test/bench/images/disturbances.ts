import type { FrameTransform } from "@kedge/demo";

/** Something that happens to a camera. */
export interface Disturbance {
  readonly key: string;
  readonly says: string;
  /** Ways in which it may happen; each trial draws one. */
  readonly ways: readonly FrameTransform[];
  /** How the reason of its cause begins when it is told right. */
  readonly told: RegExp;
  /** So many of the ten classes are shown, drawn for each trial; without it all are. */
  readonly classes?: number;
}

const knocks = (px: number): FrameTransform[] => [
  { kind: "shift", dx: px, dy: 0 },
  { kind: "shift", dx: -px, dy: 0 },
];
const turns = (degrees: number): FrameTransform[] => [
  { kind: "rotate", degrees },
  { kind: "rotate", degrees: -degrees },
];

/** What the table of the docs tells of. */
export const disturbances: readonly Disturbance[] = [
  { key: "knock1", says: "knocked 1 px to the left or right", told: /^The picture has moved .* to the /, ways: knocks(1) },
  { key: "knock2", says: "knocked 2 px to the left or right", told: /^The picture has moved .* to the /, ways: knocks(2) },
  { key: "knock3", says: "knocked 3 px to the left or right", told: /^The picture has moved .* to the /, ways: knocks(3) },
  {
    key: "lift2",
    says: "knocked 2 px up or down",
    told: /^The picture has moved .* (up|down)/,
    ways: [
      { kind: "shift", dx: 0, dy: 2 },
      { kind: "shift", dx: 0, dy: -2 },
    ],
  },
  { key: "rotate10", says: "turned by 10°, either way", told: /^The picture is turned /, ways: turns(10) },
  { key: "rotate20", says: "turned by 20°", told: /^The picture is turned /, ways: turns(20) },
  { key: "blur", says: "out of focus: each pixel the mean of 3×3", told: /^The picture has lost its fine detail/, ways: [{ kind: "blur", radius: 1 }] },
  { key: "dim40", says: "dimmed to 40 %", told: /^The picture has \d+ % of its former light/, ways: [{ kind: "dim", factor: 0.4 }] },
  {
    key: "scratch",
    says: "a bright scratch across the lens",
    told: /^Something with hard edges/,
    ways: [8, 12, 16].map((column) => ({ kind: "scratch", column })),
  },
  { key: "invert", says: "light and dark exchanged", told: /^Light and dark are exchanged/, ways: [{ kind: "invert" }] },
  { key: "mix", says: "nothing, but only 4 of the 10 classes are shown", told: /^(?!The picture|Something|Light)/, ways: [{ kind: "none" }], classes: 4 },
];

export const undisturbed: FrameTransform = { kind: "none" };
