import type { RolloutPlan as PlanView, RolloutRequest } from "@kedge/api";
import { type DeviceId, newId, parseSelector, type Sha256 } from "@kedge/core";
import { createRollout, planRollout, type RolloutEvent, type RolloutPlan } from "@kedge/rollout";
import type { RolloutRecord } from "../collections.js";
import type { Answer, Commands } from "../commands.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";
import { conflict, notFound } from "./refusals.js";
import { rolloutView } from "./views.js";

/** A plan as the machine takes it and as people see it. */
export interface Planned {
  readonly plan: RolloutPlan;
  readonly view: PlanView;
}

/** Plans without doing. The salt is the bundle, so a plan that was shown is the plan that is started. */
export async function planOf(services: Services, request: RolloutRequest): Promise<Answer<Planned>> {
  const { fleet, shelf, config } = services;
  const record = await findModel(services, request.model);
  const known = record === undefined ? undefined : await shelf.find(record.digest);
  if (record === undefined || known === undefined) return notFound(`model ${request.model}`);
  const [selector, canaryFrom] = [parseSelector(request.selector), parseSelector(request.canaryFrom)];
  if (typeof selector === "string" || typeof canaryFrom === "string")
    return { kind: "refused", reason: "usage", code: "collector/selector", message: "a selector cannot be read" };
  const candidates = fleet.all().map((d) => ({
    deviceId: d.deviceId,
    labels: d.labels,
    runningDigest: d.reported?.runningDigest ?? null,
    isRetired: d.isRetired,
    lastSeenMs: d.lastSeenAtMs,
  }));
  const { canary = config.rollout.canary, wavesPercent = config.rollout.wavesPercent } = request;
  const plan = planRollout(candidates, { bundleDigest: record.digest, selector, canary, canaryFrom, wavesPercent, salt: record.digest });
  const devices = plan.waves.reduce((sum, w) => sum + w.deviceIds.length, 0);
  const bytes = devices * Object.values(known.bundle.manifest.files).reduce((sum, f) => sum + f.bytes, 0);
  const gateRows = request.gateRows ?? config.rollout.gateRows;
  const gates = [
    { name: "every device of the wave says that it runs the bundle", limit: `at most ${request.maxFailures ?? 0} may fail` },
    { name: "predictions seen", limit: `at least ${gateRows}` },
    { name: "answers against the bundle's reference", limit: "no drift of any output feature" },
    { name: "readings that failed", limit: "at most 2 %" },
  ];
  const view = {
    bundle: { digest: record.digest, name: record.name, version: record.version },
    selector: request.selector,
    waves: plan.waves.map((w) => ({ name: w.name, devices: w.deviceIds })),
    excluded: plan.excluded,
    bytes,
    gates,
  };
  return { kind: "done", value: { plan, view } };
}

/** Starts a rollout, for a person or for a retraining. */
export async function startRollout(
  services: Services,
  request: RolloutRequest,
  by: { readonly name: string; readonly incidentId: string | null; readonly jobId: string | null },
): Promise<Answer<RolloutRecord>> {
  const { documents, fleet, clock, random, config, rollouts, audit } = services;
  const planned = await planOf(services, request);
  if (planned.kind === "refused") return planned;
  const { plan } = planned.value;
  if (plan.waves.length === 0)
    return conflict(
      "the rollout would reach no device",
      plan.excluded
        .slice(0, 3)
        .map((e) => `${e.deviceId}: ${e.reason}`)
        .join("; ") || "No device is enrolled.",
    );
  const active = (await documents.rollouts.list({ status: ["READY", "RUNNING", "PAUSED", "ROLLING_BACK"] })).find((r) =>
    plan.waves.some((w) => w.deviceIds.some((id) => r.body.state.devices[id] !== undefined)),
  );
  if (active !== undefined)
    return conflict(`rollout ${active.id} is under way on some of these devices`, `Wait for it, or end it: kedge rollout abort ${active.id}`);
  const rolloutId = newId("rol", clock.nowMs(), random);
  const running = new Map<string, Sha256 | null>(fleet.all().map((d) => [d.deviceId, d.reported?.runningDigest ?? null]));
  const state = createRollout(plan, running, {
    maxFailures: request.maxFailures ?? 0,
    waveTimeoutMs: request.waveTimeoutMs ?? config.rollout.waveTimeoutMs,
    nowMs: clock.nowMs(),
  });
  const record: RolloutRecord = {
    rolloutId,
    state,
    selector: request.selector,
    gateRows: request.gateRows ?? config.rollout.gateRows,
    createdBy: by.name,
    incidentId: by.incidentId,
    jobId: by.jobId,
    excluded: plan.excluded,
  };
  await audit.append({
    atMs: clock.nowMs(),
    actor: by.name,
    action: "rollout.start",
    subject: rolloutId,
    details: { ...request, bundle: plan.bundleDigest, incidentId: by.incidentId, jobId: by.jobId },
  });
  await documents.rollouts.insert(rolloutId, record);
  const started = await rollouts.apply(rolloutId, { kind: "Started" });
  return { kind: "done", value: started === undefined || "refused" in started ? record : started };
}

type RolloutCommands = Pick<Commands, "startRollout" | "pauseRollout" | "resumeRollout" | "promoteRollout" | "abortRollout" | "undoRollout">;

export function rolloutCommands(services: Services): RolloutCommands {
  const { documents, shelf, fleet, rollouts, audit, clock } = services;
  const viewOf = async (record: RolloutRecord) =>
    rolloutView(record, await shelf.nameOf(record.state.bundleDigest), clock.nowMs(), (id) => fleet.runningOf(id as DeviceId));
  const apply = async (rolloutId: string, caller: string, action: string, reason: string, event: RolloutEvent) => {
    if ((await documents.rollouts.get(rolloutId)) === undefined) return notFound(`rollout ${rolloutId}`);
    const after = await rollouts.apply(rolloutId, event);
    if (after === undefined) return notFound(`rollout ${rolloutId}`);
    if ("refused" in after) return conflict(after.refused);
    await audit.append({ atMs: clock.nowMs(), actor: caller, action, subject: rolloutId, details: { reason } });
    return { kind: "done" as const, value: await viewOf(after) };
  };
  const because = (reason: string, caller: string): string => (reason === "" ? `by ${caller}` : reason);
  return {
    async startRollout(asked, caller) {
      const started = await startRollout(services, asked, { name: caller.name, incidentId: null, jobId: null });
      return started.kind === "refused" ? started : { kind: "done", value: await viewOf(started.value) };
    },
    pauseRollout: (asked, caller) =>
      apply(asked.rolloutId, caller.name, "rollout.pause", asked.reason, { kind: "PauseRequested", reason: because(asked.reason, caller.name) }),
    resumeRollout: (asked, caller) => apply(asked.rolloutId, caller.name, "rollout.resume", asked.reason, { kind: "ResumeRequested" }),
    promoteRollout: (asked, caller) => apply(asked.rolloutId, caller.name, "rollout.promote", asked.reason, { kind: "PromoteRequested" }),
    abortRollout: (asked, caller) =>
      apply(asked.rolloutId, caller.name, "rollout.abort", asked.reason, {
        kind: "AbortRequested",
        reason: because(asked.reason, caller.name),
        keep: asked.keep,
      }),
    undoRollout: (asked, caller) =>
      apply(asked.rolloutId, caller.name, "rollout.undo", asked.reason, { kind: "UndoRequested", reason: because(asked.reason, caller.name) }),
  };
}
