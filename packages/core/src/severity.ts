/** How bad something is, least first. */
export const severities = ["info", "warning", "critical"] as const;

/** One of {@link severities}. */
export type Severity = (typeof severities)[number];

/** Whether `severity` is at least `least`. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}
