import type { DeviceId } from "@kedge/core";
import type { DeviceProgress, DeviceReport, DeviceStatus, RolloutState, WaveState } from "./rollout-state.js";

/** The state with some of its devices changed. */
export function withDevices(state: RolloutState, ids: readonly DeviceId[], edit: (device: DeviceProgress, id: DeviceId) => DeviceProgress): RolloutState {
  if (ids.length === 0) return state;
  const devices = { ...state.devices };
  for (const id of ids) {
    const device = devices[id];
    if (device !== undefined) devices[id] = edit(device, id);
  }
  return { ...state, devices };
}

/** The state with the wave at hand changed. */
export function withWave(state: RolloutState, edit: (wave: WaveState) => WaveState): RolloutState {
  return { ...state, waves: state.waves.map((w, i) => (i === state.wave ? edit(w) : w)) };
}

/** Devices of the rollout that pass. */
export function devicesWhere(state: RolloutState, passes: (device: DeviceProgress, id: DeviceId) => boolean): DeviceId[] {
  return (Object.entries(state.devices) as [DeviceId, DeviceProgress][]).filter(([id, device]) => passes(device, id)).map(([id]) => id);
}

/** Devices of one wave that are in one of these states. */
export function devicesOf(state: RolloutState, wave: number, ...statuses: readonly DeviceStatus[]): DeviceId[] {
  return (state.waves[wave]?.deviceIds ?? []).filter((id) => {
    const device = state.devices[id];
    return device !== undefined && statuses.includes(device.status);
  });
}

/** Where a device on its way back is, by its own word. Refusing the older bundle is an end as well; silence is judged by the clock. */
function onTheWayBack(device: DeviceProgress, report: DeviceReport): DeviceProgress {
  const isBack = report.runningDigest === device.previousDigest && report.outcome !== "updating";
  if (isBack) return { ...device, status: "REVERTED", reason: "" };
  const isRefusal = report.outcome === "failed" && report.targetDigest === device.previousDigest;
  return isRefusal ? { ...device, status: "FAILED", reason: `does not go back: ${report.reason}` } : device;
}

/** Where a device is on the way to the new bundle, by its own word. */
function onTheWay(device: DeviceProgress, report: DeviceReport, bundleDigest: string): DeviceProgress {
  const { runningDigest, targetDigest, outcome, reason } = report;
  if (runningDigest === bundleDigest && outcome === "committed") return { ...device, status: "COMMITTED", reason: "" };
  if (device.status === "COMMITTED") {
    // It had it, and went back by itself.
    return outcome === "failed" && runningDigest !== bundleDigest ? { ...device, status: "FAILED", reason } : device;
  }
  if (targetDigest !== bundleDigest) {
    // It speaks of something else: it has not heard of the new bundle yet, or (then with a reason) could not follow what it heard.
    return outcome !== "committed" || reason === "" || reason === device.reason ? device : { ...device, reason };
  }
  if (device.status === (outcome === "failed" ? "FAILED" : "UPDATING") && device.reason === reason) return device;
  return { ...device, status: outcome === "failed" ? "FAILED" : "UPDATING", reason };
}

/** What a report makes of the device that sent it; the same object when nothing. */
export function heardOf(state: RolloutState, device: DeviceProgress, report: DeviceReport): DeviceProgress {
  if (device.status === "PENDING" || device.status === "REVERTED") return device;
  const isGoingBack = state.status === "ROLLING_BACK" || state.status === "ROLLED_BACK";
  if (isGoingBack) return device.previousDigest === null ? device : onTheWayBack(device, report);
  return onTheWay(device, report, state.bundleDigest);
}

/** A device that was not done in time, with what it last said. */
export function late(device: DeviceProgress, words: string): string {
  return device.reason === "" || device.reason.startsWith(words) ? words : `${words}: ${device.reason}`;
}
