import type { DriftSettings } from "@kedge/api";
import type { Sha256 } from "@kedge/core";
import { driftOptionsOf } from "@kedge/drift";
import { change, put } from "@kedge/store";
import type { DriftModelRecord } from "../collections.js";
import type { Commands } from "../commands.js";
import type { Services } from "../services.js";
import { notFound, usage } from "./refusals.js";

/** The registered bundles of a model, newest first. */
export async function bundlesOf({ documents }: Pick<Services, "documents">, model: string): Promise<Sha256[]> {
  const bundles = (await documents.bundles.list({ status: [model], limit: 10_000 })).map((b) => b.body);
  return bundles.sort((a, b) => b.registeredAtMs - a.registeredAtMs).map((b) => b.digest);
}

/** By what drift of a model is judged; `undefined` when there is no such model. */
export async function settingsOf(services: Services, model: string): Promise<DriftSettings | undefined> {
  const { driftWatch, shelf } = services;
  const [newest] = await bundlesOf(services, model);
  if (newest === undefined) return undefined;
  const record = await driftWatch.modelOf(model);
  const { effectLimit, missingLimit, alphaPerLook, falseDiscoveryRate } = driftOptionsOf(record.setting);
  const known = await shelf.find(newest);
  const { setting, version, changedAtMs, changedBy } = record;
  return {
    model,
    setting,
    inForce: { effectLimit, missingLimit, alphaPerLook, falseDiscoveryRate },
    version,
    changedAtMs,
    changedBy,
    seasons: known === undefined ? [] : driftWatch.seasons.known(model, known.reference),
  };
}

/** Setting limits, and saying what was normal. */
export function driftCommands(services: Services): Pick<Commands, "setDrift" | "learnSeason"> {
  const { documents, audit, clock, driftWatch, shelf, fleet } = services;
  return {
    async setDrift({ model, setting, reason }, caller) {
      if ((await bundlesOf(services, model)).length === 0) return notFound(`model ${model}`);
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "drift.set", subject: model, details: { setting, reason } });
      const before = await driftWatch.modelOf(model);
      const set = (r: DriftModelRecord): DriftModelRecord => ({ ...r, setting, version: r.version + 1, changedAtMs: clock.nowMs(), changedBy: caller.name });
      if ((await change(documents.driftModels, model, set)) === undefined) await put(documents.driftModels, model, set(before));
      const settings = await settingsOf(services, model);
      return settings === undefined ? notFound(`model ${model}`) : { kind: "done", value: settings };
    },
    async learnSeason({ model, from, to, reason }, caller) {
      const digests = await bundlesOf(services, model);
      const [newest] = digests;
      const known = newest === undefined ? undefined : await shelf.find(newest);
      if (newest === undefined || known === undefined) return notFound(`model ${model}`);
      if (from >= to) return usage("the stretch ends before it begins", "Give --from and --to, oldest first.");
      await audit.append({ atMs: clock.nowMs(), actor: caller.name, action: "drift.learn", subject: model, details: { fromMs: from, toMs: to, reason } });
      const taken = await driftWatch.learn(model, known.reference, fleet.members(), { fromMs: from, toMs: to, digest: newest, isVouched: true });
      if (taken.windows === 0)
        return usage(`no windows of the newest version of ${model} are stored from that time`, "`kedge drift settings` shows what is known.");
      return { kind: "done", value: { model, ...taken, seasons: driftWatch.seasons.known(model, known.reference) } };
    },
  };
}
