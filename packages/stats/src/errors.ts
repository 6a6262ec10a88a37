/** The codes of this room's rejections; each is explained in the README. */
export const statsCodes = ["stats/truncated", "stats/not-this-sketch", "stats/version", "stats/corrupt", "stats/too-large", "stats/incompatible"] as const;

/** One of {@link statsCodes}. */
export type StatsCode = (typeof statsCodes)[number];
