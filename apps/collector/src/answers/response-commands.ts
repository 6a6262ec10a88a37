import { type EventType, replayed, type Silence, type Subscription } from "@kedge/alert";
import { isRefused, newId } from "@kedge/core";
import { change, put } from "@kedge/store";
import type { Asked, Caller, Commands } from "../commands.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";
import { conflict, notFound } from "./refusals.js";
import { incidentDetail } from "./response-queries.js";
import { deliveryView, jobView, silenceView, subscriptionView } from "./views.js";

type ResponseCommands = Pick<
  Commands,
  | "ackIncident"
  | "resolveIncident"
  | "startRetraining"
  | "cancelRetraining"
  | "labelSamples"
  | "subscribe"
  | "changeSubscription"
  | "unsubscribe"
  | "testSubscription"
  | "replayDelivery"
  | "silence"
  | "endSilence"
>;

async function channelOf(
  services: Services,
  asked: Asked<"subscriptions", "create">["channel"],
  id: string,
): Promise<{ channel: Subscription["channel"]; secret: string | null }> {
  if (asked.kind !== "webhook") return { channel: { kind: asked.kind }, secret: null };
  const secret = asked.secret ?? services.newWebhookSecret();
  await put(services.documents.secrets, id, { secret });
  return { channel: { kind: "webhook", url: asked.url, secretRef: id }, secret };
}

function incidentCommands(services: Services, note: Note): Pick<ResponseCommands, "ackIncident" | "resolveIncident"> {
  const { drift, clock } = services;
  type IncidentEvent = Parameters<typeof drift.apply>[1];
  const apply = async (incidentId: string, caller: Caller, action: string, event: IncidentEvent) => {
    const after = await drift.apply(incidentId, event);
    if (after === undefined) return notFound(`incident ${incidentId}`);
    if (isRefused(after as Parameters<typeof isRefused>[0])) return conflict((after as { refused: string }).refused);
    await note(caller, action, incidentId, {});
    const detail = await incidentDetail(services, incidentId);
    return detail === undefined ? notFound(`incident ${incidentId}`) : { kind: "done" as const, value: detail };
  };
  return {
    ackIncident: (asked, caller) =>
      apply(asked.incidentId, caller, "incident.ack", { kind: "Acknowledge", actor: caller.name, note: asked.note, atMs: clock.nowMs() }),
    resolveIncident: (asked, caller) =>
      apply(asked.incidentId, caller, "incident.resolve", { kind: "Resolve", actor: caller.name, reason: asked.reason, atMs: clock.nowMs() }),
  };
}

type Note = (caller: Caller, action: string, subject: string, details: Readonly<Record<string, unknown>>) => Promise<unknown>;

function retrainCommands(services: Services, note: Note): Pick<ResponseCommands, "startRetraining" | "cancelRetraining" | "labelSamples"> {
  const { documents, retrain, series, shelf, clock } = services;
  return {
    async startRetraining(asked, caller) {
      if ("incidentId" in asked) {
        const incident = (await documents.incidents.get(asked.incidentId))?.body;
        if (incident === undefined) return notFound(`incident ${asked.incidentId}`);
        if (incident.scope.kind === "device") return conflict("one device alone drifted: check it before teaching the model its view");
        const record = await retrain.begin(
          incident.incidentId,
          incident.modelName,
          incident.bundleDigest,
          incident.scope.kind === "cohort" ? incident.scope.selector : "",
        );
        await note(caller, "retrain.start", record.job.id, asked);
        return { kind: "done", value: jobView(record) };
      }
      const model = await findModel(services, asked.model);
      if (model === undefined) return notFound(`model ${asked.model}`);
      const record = await retrain.begin("", model.name, model.digest, asked.selector);
      await note(caller, "retrain.start", record.job.id, asked);
      return { kind: "done", value: jobView(record) };
    },
    async cancelRetraining(asked, caller) {
      const after = await retrain.apply(asked.jobId, { kind: "CancelRequested", reason: asked.reason === "" ? `by ${caller.name}` : asked.reason });
      if (after === undefined) return notFound(`retrain job ${asked.jobId}`);
      if ("refused" in after) return conflict(after.refused);
      await note(caller, "retrain.cancel", asked.jobId, asked);
      return { kind: "done", value: jobView(after) };
    },
    async labelSamples(asked, caller) {
      const refused: { sampleId: string; reason: string }[] = [];
      const good: { id: string; label: string }[] = [];
      for (const { sampleId, label } of asked.labels) {
        const found = await series.sample(sampleId);
        const task = found === undefined ? undefined : (await shelf.find(found.sample.bundleDigest))?.bundle.manifest.signature.task;
        if (found === undefined) refused.push({ sampleId, reason: "there is no such sample" });
        else if (task?.kind === "classification" && !task.classes.includes(label)) refused.push({ sampleId, reason: `${label} is no class of the model` });
        else good.push({ id: sampleId, label });
      }
      const stored = await series.label(good, clock.nowMs());
      await note(caller, "samples.label", "samples", { stored, refused: refused.length });
      return { kind: "done", value: { stored, refused } };
    },
  };
}

function subscriptionCommands(
  services: Services,
  note: Note,
): Pick<ResponseCommands, "subscribe" | "changeSubscription" | "unsubscribe" | "testSubscription" | "replayDelivery"> {
  const { documents, alerts, clock, random } = services;
  return {
    async subscribe(asked, caller) {
      const subscriptionId = newId("sub", clock.nowMs(), random);
      const { channel, secret } = await channelOf(services, asked.channel, subscriptionId);
      const { selector, minSeverity, events, note: words } = asked;
      const subscription: Subscription = {
        subscriptionId,
        channel,
        selector,
        minSeverity,
        events: events as readonly EventType[],
        isEnabled: true,
        disabledReason: null,
        createdAtMs: clock.nowMs(),
        createdBy: caller.name,
        note: words,
      };
      await note(caller, "subscription.create", subscriptionId, { channel: channel.kind, selector, minSeverity });
      await documents.subscriptions.insert(subscriptionId, subscription);
      return { kind: "done", value: { subscription: subscriptionView(subscription), secret } };
    },
    async changeSubscription(asked, caller) {
      const changes = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
      const changed = await change(
        documents.subscriptions,
        asked.subscriptionId,
        (s) => ({ ...s, ...changes, disabledReason: asked.isEnabled === true ? null : s.disabledReason }) as Subscription,
      );
      if (changed === undefined) return notFound(`subscription ${asked.subscriptionId}`);
      await note(caller, "subscription.change", asked.subscriptionId, changes);
      return { kind: "done", value: subscriptionView(changed.body) };
    },
    async unsubscribe(subscriptionId, caller) {
      if (!(await documents.subscriptions.delete(subscriptionId))) return notFound(`subscription ${subscriptionId}`);
      await documents.secrets.delete(subscriptionId);
      await note(caller, "subscription.remove", subscriptionId, {});
      return { kind: "done", value: undefined };
    },
    async testSubscription(subscriptionId, caller) {
      const found = await documents.subscriptions.get(subscriptionId);
      if (found === undefined) return notFound(`subscription ${subscriptionId}`);
      await note(caller, "subscription.test", subscriptionId, {});
      return { kind: "done", value: deliveryView(await alerts.test(found.body)) };
    },
    async replayDelivery(subscriptionId, deliveryId, caller) {
      const found = await documents.deliveries.get(deliveryId);
      if (found === undefined || found.body.subscriptionId !== subscriptionId) return notFound(`delivery ${deliveryId}`);
      await note(caller, "delivery.replay", deliveryId, {});
      return { kind: "done", value: deliveryView(await alerts.attempt(replayed(found.body, clock.nowMs()))) };
    },
  };
}

export function responseCommands(services: Services): ResponseCommands {
  const { documents, audit, clock, random } = services;
  const note: Note = (caller, action, subject, details) => audit.append({ atMs: clock.nowMs(), actor: caller.name, action, subject, details });
  return {
    ...incidentCommands(services, note),
    ...retrainCommands(services, note),
    ...subscriptionCommands(services, note),
    async silence(asked, caller) {
      const silenceId = newId("sil", clock.nowMs(), random);
      const nowMs = clock.nowMs();
      const silence: Silence = {
        silenceId,
        selector: asked.selector,
        incidentId: asked.incidentId ?? null,
        fromMs: nowMs,
        untilMs: nowMs + asked.durationMs,
        createdBy: caller.name,
        comment: asked.comment,
      };
      await note(caller, "silence.create", silenceId, { ...asked });
      await documents.silences.insert(silenceId, silence);
      return { kind: "done", value: silenceView(silence, nowMs) };
    },
    async endSilence(silenceId, caller) {
      const ended = await change(documents.silences, silenceId, (s) => ({ ...s, untilMs: Math.min(s.untilMs, clock.nowMs()) }));
      if (ended === undefined) return notFound(`silence ${silenceId}`);
      await note(caller, "silence.end", silenceId, {});
      return { kind: "done", value: silenceView(ended.body, clock.nowMs()) };
    },
  };
}
