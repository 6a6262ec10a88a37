import { Agent } from "node:http";
import type { Incident, RetrainJob, Rollout } from "@kedge/api";
import { KedgeError, seededRandom, shuffled } from "@kedge/core";
import { envelopeBytes } from "@kedge/registry";
import { CameraRig } from "./camera.js";
import type { FirstBundle } from "./first-bundle.js";
import type { FashionSets } from "./first-model.js";
import { type DemoCollector, type DemoDevice, statusOf, until, windowMs } from "./fleet.js";
import type { FrameTransform } from "./frame-transform.js";
import { Labeller } from "./labeller.js";
import { type Measured, measureAccuracy } from "./measure.js";
import type { Findings } from "./report.js";
import type { Story } from "./story.js";

/** What the scenario plays with. */
export interface Cast {
  readonly story: Story;
  readonly collector: DemoCollector;
  readonly devices: readonly DemoDevice[];
  readonly sets: FashionSets;
  readonly startedAt: number;
  readonly memoryMiB: () => number;
}

const framesPerSecond = 40;
const clean: FrameTransform = { kind: "none" };
const knocked: FrameTransform = { kind: "shift", dx: 3, dy: 0 };
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Brings the first model: its key is trusted, its blobs are stored, the signed manifest is registered. */
export async function pushFirstModel({ collector, story }: Pick<Cast, "collector" | "story">, first: FirstBundle): Promise<void> {
  const { client } = collector;
  await client.keys.trust({ publicKey: first.publicKeyPem, name: "demo-targets" });
  const { manifest, files, envelope } = first.packed;
  for (const file of Object.values(manifest.files)) await client.blobs.put({ sha256: file.sha256 }, new Uint8Array(files.get(file.path) ?? []));
  for (const [sha256, bytes] of first.datasets) await client.blobs.put({ sha256 }, new Uint8Array(bytes));
  const model = await client.models.register({ envelope, alias: "champion" });
  story.good(
    `${model.name}@${model.version} is registered: ${(model.bytes / 1024).toFixed(0)} KiB, manifest of ${envelopeBytes(envelope).length} bytes signed by ${model.signedBy.length} keys`,
  );
}

async function watchRollout(cast: Cast, rolloutId: string): Promise<Rollout> {
  const { story, collector } = cast;
  let seen = "";
  const done = await until("the end of the rollout", 150_000, async () => {
    const rollout = await collector.client.rollouts.get({ rolloutId });
    const waves = rollout.waves.map((w) => `${w.name} ${w.state.toLowerCase()} ${w.observed}/${w.devices.length}`).join(" · ");
    story.waiting(`${rollout.state.toLowerCase()}: ${waves}`);
    if (waves !== seen) seen = waves;
    if (["ABORTED", "ROLLED_BACK", "PAUSED"].includes(rollout.state))
      throw new KedgeError("demo/rollout-failed", `the rollout is ${rollout.state}: ${rollout.reason}`);
    return rollout.state === "FINISHED" ? rollout : undefined;
  });
  story.settle();
  return done;
}

function startCameras({ devices, sets }: Cast, agent: Agent): CameraRig {
  const cameras = devices.map(({ name, port }, i) => ({ name, port, frames: shuffled(sets.stream, seededRandom(i + 1)).map((image) => image.frame) }));
  const rig = new CameraRig(cameras, agent);
  rig.start(framesPerSecond);
  return rig;
}

async function firstRollout(cast: Cast, digest: string): Promise<void> {
  const { rolloutId } = await cast.collector.client.rollouts.start({ model: digest, canary: 0, wavesPercent: [100], gateRows: 0, reason: "the first model" });
  const rollout = await watchRollout(cast, rolloutId);
  cast.story.good(`${rollout.observed} of ${rollout.devices} devices say that they run ${rollout.bundle.name}@${rollout.bundle.version}`);
}

async function openIncident(cast: Cast, knockedAtMs: number): Promise<Incident> {
  const incident = await until("an incident", 60_000, async () => {
    const { items } = await cast.collector.client.incidents.list({});
    cast.story.waiting(`${((Date.now() - knockedAtMs) / 1000).toFixed(0)} s after the knock`);
    return items.find((i) => i.openedAtMs !== null);
  });
  cast.story.settle();
  const where = incident.scope.kind === "cohort" ? `cohort ${incident.scope.selector}` : incident.scope.kind;
  cast.story.good(`one incident: ${where}, ${incident.severity}, found ${(((incident.openedAtMs ?? 0) - knockedAtMs) / 1000).toFixed(1)} s after the knock`);
  cast.story.fact(incident.explanation);
  return incident;
}

async function followRetraining(cast: Cast, incidentId: string): Promise<RetrainJob> {
  const { story, collector } = cast;
  const job = await until("the retraining", 120_000, async () => {
    const { items } = await collector.client.retrainJobs.list({});
    const found = items.find((j) => j.incidentId === incidentId);
    if (found === undefined) return undefined;
    story.waiting(found.state === "COLLECTING" ? `labels: ${found.labelledFrames} of ${found.wantedFrames}` : found.state.toLowerCase());
    if (["REJECTED", "FAILED", "CANCELLED"].includes(found.state))
      throw new KedgeError("demo/retraining-failed", `the retraining ended as ${found.state}: ${found.reason ?? ""}`);
    return found.state === "REGISTERED" && found.rolloutId !== null ? found : undefined;
  });
  story.settle();
  story.good(job.gate?.sentence ?? "the gate passed");
  return job;
}

/** Waits until everything that devices counted has come, with the cameras still; what was sent and what is stored. */
async function settleAccounts(cast: Cast): Promise<Pick<Findings, "windows" | "predictions">> {
  const { devices, collector } = cast;
  await new Promise((resolve) => setTimeout(resolve, windowMs + 500));
  const deadline = performance.now() + 10_000;
  for (;;) {
    const statuses = await Promise.all(devices.map(statusOf));
    const { windows } = await collector.client.overview.counters({});
    const sent = statuses.reduce((sum, s) => sum + s.counters.windows, 0);
    const profiled = statuses.reduce((sum, s) => sum + s.counters.predictions, 0);
    const waiting = statuses.reduce((sum, s) => sum + s.outbox.records, 0);
    if ((waiting === 0 && windows.distinct === sent) || performance.now() > deadline) {
      return {
        windows: { sent, stored: windows.stored, lost: sent - windows.distinct, duplicated: windows.stored - windows.distinct },
        predictions: { profiled, stored: windows.rows },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** What moves while the scenario plays. */
interface Props {
  readonly rig: CameraRig;
  readonly labeller: Labeller;
  readonly agent: Agent;
}

const portsOf = (some: readonly DemoDevice[]): number[] => some.map((d) => d.port);
const atOslo = ({ devices }: Cast): DemoDevice[] => devices.filter((d) => d.site === "oslo");
const elsewhere = ({ devices }: Cast): DemoDevice[] => devices.filter((d) => d.site !== "oslo");

async function allIsWell(cast: Cast, { agent }: Props): Promise<Measured> {
  const { story, collector, devices, sets } = cast;
  story.chapter("All is well");
  const before = await measureAccuracy(portsOf(atOslo(cast)), sets.measure, clean, agent);
  story.good(`the cameras at oslo are right in ${percent(before.accuracy)} of ${before.frames} frames`);
  const isClean = await until("a look at six devices", 60_000, async () => {
    const drift = await collector.client.drift.get({});
    const look = drift.looks[0];
    story.waiting(`the collector has seen ${look?.rows ?? 0} predictions`);
    return look !== undefined && look.devices === devices.length && look.rows > devices.length * 300 ? drift.clean : undefined;
  });
  story.settle();
  story.good(isClean ? "the fleet looks as its reference" : "the fleet does not look as its reference");
  return before;
}

/** What the knock did, and what was done about it. */
interface Response {
  readonly knockedAtMs: number;
  readonly drifted: Measured;
  readonly incidentId: string;
  readonly rolloutId: string;
}

async function knockAndRespond(cast: Cast, { rig, agent }: Props): Promise<Response> {
  const { story, sets } = cast;
  story.chapter("The cameras at oslo are knocked 3 px sideways");
  for (const { name } of atOslo(cast)) rig.disturb(name, knocked);
  const knockedAtMs = Date.now();
  const drifted = await measureAccuracy(portsOf(atOslo(cast)), sets.measure, knocked, agent);
  story.bad(`there they are right in ${percent(drifted.accuracy)} of ${drifted.frames} frames now`);
  const { incidentId } = await openIncident(cast, knockedAtMs);
  story.chapter("Frames are labelled, old and new data are trained together, a gate judges");
  const job = await followRetraining(cast, incidentId);
  story.chapter("The candidate is signed and rolled out: a canary, then waves");
  const rollout = await watchRollout(cast, job.rolloutId ?? "");
  const { name, version } = rollout.bundle;
  story.good(`${rollout.observed} of ${rollout.devices} devices run ${name}@${version}, by their own word, in ${rollout.waves.length} waves`);
  return { knockedAtMs, drifted, incidentId, rolloutId: rollout.rolloutId };
}

async function recovery(cast: Cast, { agent }: Props, incidentId: string): Promise<{ readonly recovered: Measured; readonly cleanAfter: Measured }> {
  const { story, collector, sets } = cast;
  story.chapter("The incident resolves by itself");
  const detail = await until("the end of the incident", 90_000, async () => {
    const incident = await collector.client.incidents.get({ incidentId });
    story.waiting(`${incident.state.toLowerCase()}: clean looks are counted`);
    return incident.state === "RESOLVED" ? incident : undefined;
  });
  story.settle();
  const recovered = await measureAccuracy(portsOf(atOslo(cast)), sets.measure, knocked, agent);
  const cleanAfter = await measureAccuracy(portsOf(elsewhere(cast)), sets.measure, clean, agent);
  story.good(`oslo, knocked as it is: right in ${percent(recovered.accuracy)}; the other sites: ${percent(cleanAfter.accuracy)}`);
  const told = (a: typeof detail.accuracy.before): string =>
    a === null ? "unknown" : `${percent(a.share)} (${percent(a.low)} to ${percent(a.high)}, ${a.total} labels)`;
  const { before, during, after } = detail.accuracy;
  story.fact(`the incident's own figures, from labelled samples: before ${told(before)}, during ${told(during)}, after ${told(after)}`);
  return { recovered, cleanAfter };
}

/** Stops the cameras for as long as the last windows take, and counts. */
async function account(cast: Cast, { rig, labeller }: Props): Promise<Pick<Findings, "windows" | "predictions">> {
  const { story } = cast;
  rig.pause();
  story.waiting("the last windows come in");
  const accounts = await settleAccounts(cast);
  story.settle();
  const { sent, stored, lost, duplicated } = accounts.windows;
  story.good(
    `${sent} windows sent, ${stored} stored, ${lost} lost, ${duplicated} counted twice; ${labeller.labelled} frames labelled of ${rig.counts.answered} seen`,
  );
  rig.resume();
  return accounts;
}

/** Plays the whole loop and says what was found. Cameras and labeller go on until `stop` is called. */
export async function play(cast: Cast, first: FirstBundle): Promise<{ readonly findings: Findings; stop(): Promise<void> }> {
  const { collector, sets } = cast;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, cast.memoryMiB());
  }, 1_000);
  cast.story.chapter("The first model goes to six devices");
  // The cameras are on from the start: a device commits a new model after its first good predictions.
  const props: Props = { rig: startCameras(cast, agent), labeller: new Labeller(collector.client, sets.stream, [clean, knocked]), agent };
  props.labeller.start();
  await firstRollout(cast, first.packed.digest);
  const before = await allIsWell(cast, props);
  const { knockedAtMs, drifted, incidentId, rolloutId } = await knockAndRespond(cast, props);
  const { recovered, cleanAfter } = await recovery(cast, props, incidentId);
  const accounts = await account(cast, props);
  const opened = (await collector.client.incidents.list({})).items.filter((i) => i.openedAtMs !== null);
  const findings: Findings = {
    seconds: (performance.now() - cast.startedAt) / 1000,
    accuracy: { before: before.accuracy, drifted: drifted.accuracy, recovered: recovered.accuracy, cleanAfter: cleanAfter.accuracy },
    framesMeasured: before.frames,
    incidents: opened.sort((a, b) => (a.openedAtMs ?? 0) - (b.openedAtMs ?? 0)),
    knockedAtMs,
    rollout: await collector.client.rollouts.get({ rolloutId }),
    ...accounts,
    peakMemoryMiB: Math.max(peak, cast.memoryMiB()),
  };
  return {
    findings,
    async stop() {
      clearInterval(sampler);
      props.rig.stop();
      await props.labeller.stop();
      agent.destroy();
    },
  };
}
