import type { Scope } from "@kedge/api";
import { matchesSelector, parseSelector } from "@kedge/core";
import type { DeviceRecord } from "../collections.js";

/** `fleet`, `device:ID` or `cohort:SELECTOR`. */
export function readScope(text: string): Scope {
  if (text.startsWith("device:")) return { kind: "device", deviceId: text.slice("device:".length) };
  return text.startsWith("cohort:") ? { kind: "cohort", selector: text.slice("cohort:".length) } : { kind: "fleet" };
}

/** Whether a device is of a scope. */
export function isIn(scope: Scope, device: DeviceRecord): boolean {
  if (scope.kind === "device") return device.deviceId === scope.deviceId;
  if (scope.kind === "fleet") return true;
  const selector = parseSelector(scope.selector);
  return typeof selector !== "string" && matchesSelector(selector, device.labels);
}
