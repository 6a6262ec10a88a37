import { routes } from "@kedge/api";
import type { Commands, Queries } from "../../commands.js";
import { done, found } from "../answers.js";
import type { On } from "../register.js";

/** Ten thousand labels of samples. */
const maxLabelBytes = 8 * 1024 ** 2;

/** What was seen and what follows: drift, incidents, retraining, samples. */
export function driftRoutes(on: On, queries: Queries, commands: Commands): void {
  on(routes.drift.get, async (query) => done(await queries.drift(query)));
  on(routes.drift.feature, async (query) => found(await queries.histogram(query), `feature ${query.feature} at ${query.scope} in any running bundle`));
  on(routes.drift.quantiles, async (query) =>
    found(await queries.quantiles(query), `value of ${query.feature} that a device at ${query.scope} sent with a change`),
  );
  on(routes.drift.settings, async ({ model }) => found(await queries.driftSettings(model), `model ${model}`));
  on(routes.drift.set, (request, caller) => commands.setDrift(request, caller));
  on(routes.drift.tune, (request) => queries.tuneDrift(request));
  on(routes.drift.learn, (request, caller) => commands.learnSeason(request, caller));
  on(routes.series.get, (query) => queries.series(query));

  on(routes.incidents.list, async (query) => done(await queries.incidents(query)));
  on(routes.incidents.get, async ({ incidentId }) => found(await queries.incident(incidentId), `incident ${incidentId}`));
  on(routes.incidents.ack, (request, caller) => commands.ackIncident(request, caller));
  on(routes.incidents.resolve, (request, caller) => commands.resolveIncident(request, caller));

  on(routes.retrainJobs.list, async (query) => done(await queries.retrainJobs(query)));
  on(routes.retrainJobs.get, async ({ jobId }) => found(await queries.retrainJob(jobId), `retrain job ${jobId}`));
  on(routes.retrainJobs.start, (request, caller) => commands.startRetraining(request, caller));
  on(routes.retrainJobs.cancel, (request, caller) => commands.cancelRetraining(request, caller));

  on(routes.samples.list, async (query) => done(await queries.samples(query)));
  on(routes.samples.get, async ({ sampleId }) => found(await queries.sample(sampleId), `sample ${sampleId}`));
  on(routes.samples.label, (request, caller) => commands.labelSamples(request, caller), { maxBodyBytes: maxLabelBytes });
}
