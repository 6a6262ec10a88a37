import type { Log } from "@kedge/core";
import type { DeviceIdentity } from "@kedge/identity/adapters";
import type { FaultCounts } from "../link/faulty-link.js";
import type { OnAcknowledged, WindowCounts } from "./ledger-outbox.js";
import type { SharedContents } from "./memory-files.js";
import type { VirtualBundles } from "./virtual-bundles.js";
import type { TrustedKeys } from "./trusted-keys.js";
import type { CuttableLink } from "./virtual-device.js";

/** What ties a device to the process that it lives in. */
export interface DeviceTies {
  readonly bundles: VirtualBundles;
  readonly contents: SharedContents;
  readonly keys: TrustedKeys;
  readonly counts: WindowCounts;
  readonly faults: FaultCounts;
  readonly onAcknowledged: OnAcknowledged;
  /** Something went wrong, by its code. */
  readonly complain: (code: string) => void;
  /** A way to the collector by a device's certificate; the broker says `death` for one that is cut off. */
  readonly openCable: (identity: DeviceIdentity, options: { readonly death: Uint8Array; readonly firstDelayMs: number }) => CuttableLink;
  readonly log: Log;
}
