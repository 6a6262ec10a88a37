import type { DeviceId } from "@kedge/core";
import { createApiToken, createEnrolmentToken } from "@kedge/identity";
import { change } from "@kedge/store";
import type { Caller, Commands, Queries } from "../commands.js";
import type { Services } from "../services.js";
import { conflict, notFound } from "./refusals.js";
import { tokenView } from "./views.js";

type FleetCommands = Pick<Commands, "labelDevice" | "retireDevice" | "createToken" | "revokeToken" | "createAccessToken" | "revokeAccessToken">;

export function fleetCommands(services: Services, queries: Pick<Queries, "device" | "accessTokens">): FleetCommands {
  const { fleet, documents, audit, clock, random, secretBytes, sha256, authorityPin, disconnect } = services;
  const note = (caller: Caller, action: string, subject: string, details: Readonly<Record<string, unknown>>) =>
    audit.append({ atMs: clock.nowMs(), actor: caller.name, action, subject, details });
  const sources = () => ({ nowMs: clock.nowMs(), random, secretBytes, sha256 });
  const deviceAnswer = async (id: DeviceId) => {
    const device = await queries.device(id);
    return device === undefined ? notFound(`device ${id}`) : { kind: "done" as const, value: device };
  };
  const accessAnswer = async (tokenId: string) => {
    const page = await queries.accessTokens({ limit: 10_000 });
    const token = page.items.find((t) => t.tokenId === tokenId);
    return token;
  };
  return {
    async labelDevice(asked, caller) {
      if (fleet.get(asked.deviceId) === undefined) return notFound(`device ${asked.deviceId}`);
      await note(caller, "device.label", asked.deviceId, { labels: asked.labels });
      await fleet.update(asked.deviceId, (d) => ({
        ...d,
        labels: Object.fromEntries(Object.entries({ ...d.labels, ...asked.labels }).filter((e): e is [string, string] => e[1] !== null)),
      }));
      return deviceAnswer(asked.deviceId);
    },
    async retireDevice(asked, caller) {
      const device = fleet.get(asked.deviceId);
      if (device === undefined) return notFound(`device ${asked.deviceId}`);
      if (device.isRetired) return conflict(`device ${asked.deviceId} is retired already`);
      await note(caller, "device.retire", asked.deviceId, { reason: asked.reason, serial: device.certificate.serial });
      await fleet.update(asked.deviceId, (d) => ({ ...d, isRetired: true, isOnline: false }));
      disconnect(asked.deviceId);
      return deviceAnswer(asked.deviceId);
    },
    async createToken(asked, caller) {
      const { uses, ttlMs, labels, deviceIds, note: words } = asked;
      const made = createEnrolmentToken(
        { lifetimeMs: ttlMs, maxUses: uses, labels, allowedIds: deviceIds ?? null, createdBy: caller.name, note: words },
        authorityPin,
        sources(),
      );
      if (made.kind !== "created") return { kind: "refused", reason: "usage", code: made.code, message: made.message };
      await note(caller, "token.create", made.record.id, { uses, ttlMs, labels, deviceIds: deviceIds ?? null });
      await documents.tokens.insert(made.record.id, made.record);
      return { kind: "done", value: { token: tokenView(made.record, clock.nowMs()), secret: made.text } };
    },
    async revokeToken(tokenId, caller) {
      const revoked = await change(documents.tokens, tokenId, (t) => ({ ...t, revoked: true }));
      if (revoked === undefined) return notFound(`enrolment token ${tokenId}`);
      await note(caller, "token.revoke", tokenId, {});
      return { kind: "done", value: tokenView(revoked.body, clock.nowMs()) };
    },
    async createAccessToken(asked, caller) {
      const made = createApiToken(asked.role, asked.name, { ...sources(), lifetimeMs: asked.ttlMs ?? null });
      await note(caller, "access.create", made.record.id, { role: asked.role, name: asked.name });
      await documents.accessTokens.insert(made.record.id, made.record);
      const token = await accessAnswer(made.record.id);
      return token === undefined ? notFound("access token") : { kind: "done", value: { token, secret: made.text } };
    },
    async revokeAccessToken(tokenId, caller) {
      const revoked = await change(documents.accessTokens, tokenId, (t) => ({ ...t, revoked: true }));
      if (revoked === undefined) return notFound(`access token ${tokenId}`);
      await note(caller, "access.revoke", tokenId, {});
      const token = await accessAnswer(tokenId);
      return token === undefined ? notFound(`access token ${tokenId}`) : { kind: "done", value: token };
    },
  };
}
