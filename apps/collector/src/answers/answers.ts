import type { Commands, Queries } from "../commands.js";
import type { Services } from "../services.js";
import { driftCommands } from "./drift-commands.js";
import { driftQueries } from "./drift-queries.js";
import { earlyQueries } from "./early-queries.js";
import { fleetCommands } from "./fleet-commands.js";
import { fleetQueries } from "./fleet-queries.js";
import { letterQueries } from "./letter-queries.js";
import { metricsAnswers } from "./metrics-answers.js";
import { modelCommands } from "./model-commands.js";
import { responseCommands } from "./response-commands.js";
import { responseQueries } from "./response-queries.js";
import { rolloutCommands } from "./rollout-commands.js";

/** Everything that can be asked of a collector, and told to it, over its services. */
export function answersOf(services: Services): { readonly queries: Queries; readonly commands: Commands } {
  const { backfillMetrics, ...metricsQueries } = metricsAnswers(services);
  const queries: Queries = {
    ...fleetQueries(services),
    ...driftQueries(services),
    ...earlyQueries(services),
    ...responseQueries(services),
    ...letterQueries(services),
    ...metricsQueries,
  };
  const commands: Commands = {
    ...fleetCommands(services, queries),
    ...modelCommands(services, queries),
    ...rolloutCommands(services),
    ...responseCommands(services),
    ...driftCommands(services),
    backfillMetrics,
  };
  return { queries, commands };
}
