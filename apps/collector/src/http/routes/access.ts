import { routes } from "@kedge/api";
import type { Commands, Queries } from "../../commands.js";
import { done } from "../answers.js";
import type { On } from "../register.js";

/** Who and what is let in: enrolment tokens, tokens for the API, keys that sign bundles; and the log of who did what. */
export function accessRoutes(on: On, queries: Queries, commands: Commands): void {
  on(routes.tokens.create, (request, caller) => commands.createToken(request, caller));
  on(routes.tokens.list, async (query) => done(await queries.tokens(query)));
  on(routes.tokens.revoke, ({ tokenId }, caller) => commands.revokeToken(tokenId, caller));

  on(routes.access.create, (request, caller) => commands.createAccessToken(request, caller));
  on(routes.access.list, async (query) => done(await queries.accessTokens(query)));
  on(routes.access.revoke, ({ tokenId }, caller) => commands.revokeAccessToken(tokenId, caller));

  on(routes.keys.list, async () => done({ items: await queries.keys() }));
  on(routes.keys.trust, (request, caller) => commands.trustKey(request, caller));
  on(routes.keys.distrust, ({ keyId }, caller) => commands.distrustKey(keyId, caller));

  on(routes.audit.list, async (query) => done(await queries.audit(query)));
  on(routes.audit.verify, async () => done(await queries.checkAudit()));
}
