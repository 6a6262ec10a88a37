import { type DeviceId, type Labels, matchesSelector, parseSelector } from "@kedge/core";
import { type Scope, scopeKey } from "@kedge/drift";

/** The labels of a device; `undefined` when it is no member of the fleet (any more). */
export type LabelsOf = (deviceId: DeviceId) => Labels | undefined;

/** A scope and the devices that were seen in it. */
export interface ScopedDevices {
  readonly scope: Scope;
  readonly deviceIds: readonly DeviceId[];
}

/** Whether a device is in a scope. */
export function inScope(scope: Scope, deviceId: DeviceId, labelsOf: LabelsOf): boolean {
  switch (scope.kind) {
    case "fleet":
      return true;
    case "device":
      return scope.deviceId === deviceId;
    case "cohort": {
      const selector = parseSelector(scope.selector);
      const labels = labelsOf(deviceId);
      return typeof selector !== "string" && labels !== undefined && matchesSelector(selector, labels);
    }
  }
}

/**
 * Whether all that `inner` tells is within `outer`: the same scope, or one whose devices are all in it. Two cohorts are
 * compared by their devices, since `model=cam2` may be part of `site=oslo` only as the fleet is.
 */
export function contains(outer: Scope, inner: ScopedDevices, labelsOf: LabelsOf): boolean {
  if (scopeKey(outer) === scopeKey(inner.scope) || outer.kind === "fleet") return true;
  if (inner.scope.kind === "fleet") return false;
  const devices = inner.scope.kind === "device" ? [inner.scope.deviceId] : inner.deviceIds;
  return devices.length > 0 && devices.every((id) => inScope(outer, id, labelsOf));
}
