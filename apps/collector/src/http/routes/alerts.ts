import { routes } from "@kedge/api";
import type { Commands, Queries } from "../../commands.js";
import { done, found } from "../answers.js";
import type { On } from "../register.js";

/** Who is told, and of what not. */
export function alertRoutes(on: On, queries: Queries, commands: Commands): void {
  on(routes.subscriptions.create, (request, caller) => commands.subscribe(request, caller));
  on(routes.subscriptions.list, async (query) => done(await queries.subscriptions(query)));
  on(routes.subscriptions.get, async ({ subscriptionId }) => found(await queries.subscription(subscriptionId), `subscription ${subscriptionId}`));
  on(routes.subscriptions.change, (request, caller) => commands.changeSubscription(request, caller));
  on(routes.subscriptions.remove, ({ subscriptionId }, caller) => commands.unsubscribe(subscriptionId, caller));
  on(routes.subscriptions.test, ({ subscriptionId }, caller) => commands.testSubscription(subscriptionId, caller));
  on(routes.subscriptions.deliveries, async (query) => found(await queries.deliveries(query), `subscription ${query.subscriptionId}`));
  on(routes.subscriptions.replay, ({ subscriptionId, deliveryId }, caller) => commands.replayDelivery(subscriptionId, deliveryId, caller));

  on(routes.silences.create, (request, caller) => commands.silence(request, caller));
  on(routes.silences.list, async (query) => done(await queries.silences(query)));
  on(routes.silences.remove, ({ silenceId }, caller) => commands.endSilence(silenceId, caller));
}
