import { type Incident, isOpen } from "@kedge/alert";
import type { Clock } from "@kedge/core";
import { decideRetrain, isFinal, retrainPolicySchema } from "@kedge/retrain";
import type { Documents } from "@kedge/store";
import type { JobRecord } from "../collections.js";
import type { CollectorConfig } from "../config.js";

/** What the decision looks at. */
export interface RetrainingFacts {
  readonly jobs: Documents<JobRecord>;
  readonly config: CollectorConfig["retrain"];
  readonly clock: Clock;
}

/** Whether an incident starts a job by itself: the policy allows it, and no job of its model runs or has just ended. */
export async function wantsRetraining(incident: Incident, { jobs, config, clock }: RetrainingFacts): Promise<boolean> {
  const past = (await jobs.list({ newestFirst: true, limit: 200 })).map(({ body: { job } }) => ({
    ...job,
    endedAtMs: isFinal(job.state) ? job.stateSinceMs : null,
  }));
  const { incidentId, modelName, scope, severity, retrainAdvised } = incident;
  const { enabled, cooldownMs, labelledReadings, heldBackShare } = config;
  const policy = retrainPolicySchema.parse({ enabled, cooldownMs, minLabelledFrames: labelledReadings, heldBackShare });
  return decideRetrain({ id: incidentId, modelName, scope: scope.kind, severity, retrainAdvised, open: isOpen(incident) }, past, policy, clock.nowMs()).start;
}
