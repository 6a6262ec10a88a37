import { routes } from "@kedge/api";
import type { Commands, Queries } from "../../commands.js";
import { done, found } from "../answers.js";
import type { On } from "../register.js";

/** A manifest with ten thousand class names, in base64, and its signatures. */
const maxEnvelopeBytes = 8 * 1024 ** 2;

/** Bundles and rollouts. */
export function modelRoutes(on: On, queries: Queries, commands: Commands): void {
  on(routes.models.register, (request, caller) => commands.registerModel(request, caller), { maxBodyBytes: maxEnvelopeBytes });
  on(routes.models.list, async (query) => done(await queries.models(query)));
  on(routes.models.get, async ({ reference }) => found(await queries.model(reference), `model ${reference}`));
  on(routes.models.alias, (request, caller) => commands.setAlias(request, caller));
  on(routes.models.unalias, ({ name, alias }, caller) => commands.removeAlias(name, alias, caller));

  on(routes.rollouts.plan, (request) => queries.planRollout(request));
  on(routes.rollouts.start, (request, caller) => commands.startRollout(request, caller));
  on(routes.rollouts.list, async (query) => done(await queries.rollouts(query)));
  on(routes.rollouts.get, async ({ rolloutId }) => found(await queries.rollout(rolloutId), `rollout ${rolloutId}`));
  on(routes.rollouts.pause, (request, caller) => commands.pauseRollout(request, caller));
  on(routes.rollouts.resume, (request, caller) => commands.resumeRollout(request, caller));
  on(routes.rollouts.promote, (request, caller) => commands.promoteRollout(request, caller));
  on(routes.rollouts.abort, (request, caller) => commands.abortRollout(request, caller));
  on(routes.rollouts.undo, (request, caller) => commands.undoRollout(request, caller));
}
