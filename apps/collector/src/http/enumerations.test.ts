import { anomalyRules } from "@kedge/sensor";
import { eventTypes, incidentStates as alertStates } from "@kedge/alert";
import * as api from "@kedge/api";
import type * as drift from "@kedge/drift";
import { roles } from "@kedge/identity";
import { jobStates } from "@kedge/retrain";
import type * as rollout from "@kedge/rollout";
import { updateStates } from "@kedge/wire";
import { expect, test } from "vitest";

/** Compiles only if both unions hold the same words. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const same = <A, B>(_: Same<A, B>): void => {};

test("the API speaks of states in the words of the rooms", () => {
  expect([...api.updateStates]).toEqual(updateStates);
  expect([...api.incidentStates]).toEqual([...alertStates]);
  expect([...api.retrainStates]).toEqual([...jobStates]);
  expect([...api.alertEvents].sort()).toEqual([...eventTypes].sort());
  expect([...api.anomalyRules]).toEqual([...anomalyRules]);
  expect([...api.roles].sort()).toEqual([...roles].sort());
  same<(typeof api.rolloutStates)[number], rollout.RolloutState["status"]>(true);
  same<(typeof api.waveStates)[number], rollout.WaveState["status"]>(true);
  same<(typeof api.rolloutDeviceStates)[number], rollout.DeviceProgress["status"]>(true);
  same<api.Gate["verdict"], rollout.GateVerdict["verdict"]>(true);
  same<(typeof api.causeClasses)[number], drift.CauseClass>(true);
  same<(typeof api.changes)[number], drift.Change>(true);
  same<(typeof api.evidenceSources)[number], drift.EvidenceSource>(true);
  same<api.DriftSetting, drift.DriftSetting>(true);
  same<api.Scope["kind"], drift.Scope["kind"]>(true);
});
