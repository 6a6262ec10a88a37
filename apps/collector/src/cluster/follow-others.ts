import { type DeviceId, messageOf, type Sha256 } from "@kedge/core";
import type { SharedChange } from "@kedge/store/adapters";
import { collections } from "../collections.js";
import type { AccessTokens } from "../fleet/access.js";
import type { Loops } from "../loops.js";
import { learnBundles } from "../upkeep.js";

/** Keeps what is held in memory the same as what the other collectors write: devices, tokens, bundles, hours of the week, early windows, leases. */
export function followOthers({ services }: Loops, accessTokens: AccessTokens): (change: SharedChange) => void {
  const { fleet, shelf, shards, drift, driftWatch, log } = services;
  const changed = async (collection: string, id: string): Promise<unknown> => {
    if (collection === collections.devices.name) return fleet.refresh(id as DeviceId);
    if (collection === collections.accessTokens.name) return accessTokens.refresh();
    if (collection === collections.bundles.name) return shelf.find(id as Sha256);
    if (collection === collections.seasonHours.name) return driftWatch.seasons.refresh(id);
    if (collection === collections.early.name && shards.evaluatorFence() !== undefined) drift.lookSoon();
    return undefined;
  };
  const everything = async (): Promise<void> => {
    await fleet.load();
    await accessTokens.refresh();
    await driftWatch.seasons.load();
    await learnBundles(services);
  };
  let tail: Promise<unknown> = Promise.resolve();
  return (change) => {
    if (change.kind === "leases") return void shards.beat();
    tail = tail
      .then(() => (change.kind === "missed" ? everything() : changed(change.collection, change.id)))
      .catch((error: unknown) => log.error({ error: messageOf(error) }, "what another collector changed could not be read; it is read with the next change"));
  };
}
