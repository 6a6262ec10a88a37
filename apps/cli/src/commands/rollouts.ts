import { type InputOf, type Rollout, type RolloutSummary, type Routes, rolloutStates } from "@kedge/api";
import { type Command, Option } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { durationArgument, numbersArgument, selectorArgument, wholeArgument } from "../arguments.js";
import { printLines, printList } from "../output/print.js";
import { allOf } from "../pages.js";
import { planLines, rolloutView } from "./rollout-view.js";
import { printRollout, watchRollout } from "./watch-rollout.js";

interface RequestOptions {
  readonly selector: string;
  readonly canary?: number;
  readonly waves?: number[];
  readonly canaryFrom?: string;
  readonly maxFailures?: number;
  readonly gateRows?: number;
  readonly waveTimeout?: number;
  readonly reason: string;
}

interface WatchOptions {
  readonly watch?: boolean;
  readonly timeout?: number;
}

function withRequest(command: Command): Command {
  return command
    .option("-l, --selector <selector>", "the devices that get it; the fleet when left out", selectorArgument, "")
    .option("--canary <n>", "devices in the first wave", wholeArgument(0, 10_000))
    .option("--waves <percents>", "sizes of the waves after it in percent of the fleet, cumulative: 25,50,100", numbersArgument)
    .option("--canary-from <selector>", "take the canary from these first", selectorArgument)
    .option("--max-failures <n>", "failed devices that a wave bears", wholeArgument(0, 10_000))
    .option("--gate-rows <n>", "predictions to see before a wave can succeed", wholeArgument(0))
    .option("--wave-timeout <duration>", "how long a wave may take", durationArgument)
    .option("--reason <words>", "why, for the audit log", "");
}

function withWatch(command: Command): Command {
  return command
    .option("-w, --watch", "follow it to its end")
    .option("--timeout <duration>", "with --watch: give up watching after this, with exit code 6", durationArgument);
}

function requestOf(model: string, o: RequestOptions): InputOf<Routes["rollouts"]["start"]> {
  const { selector, canary, waves, canaryFrom, maxFailures, gateRows, waveTimeout, reason } = o;
  return { model, selector, canary, wavesPercent: waves, canaryFrom, maxFailures, gateRows, waveTimeoutMs: waveTimeout, reason };
}

const verbs = [
  ["pause", "offer the bundle to no further device"],
  ["resume", "go on with a paused rollout"],
  ["promote", "end the wait of the wave at hand and go on; a failed gate is not overridden"],
  ["undo", "bring the devices of a finished rollout back to what they ran before"],
] as const;

function addVerbs(rollout: Command, runner: Runner): void {
  for (const [verb, summary] of verbs) {
    withWatch(rollout.command(`${verb} <rollout>`).description(summary).option("--reason <words>", "why, for the audit log", "")).action(
      runner.does<WatchOptions & { reason: string }>(async (session, { reason, watch, timeout }, [rolloutId = ""]) => {
        const client = await session.client();
        const changed: Rollout = await client.rollouts[verb]({ rolloutId, reason });
        if (watch === true) return watchRollout(session, client, { rolloutId, timeoutMs: timeout });
        printRollout(session, changed);
        return undefined;
      }),
    );
  }
  rollout
    .command("abort <rollout>")
    .description("stop for good; its devices go back to what they ran before")
    .option("--keep", "leave the bundle where it is")
    .option("--reason <words>", "why, for the audit log", "")
    .action(
      runner.does<{ keep?: boolean; reason: string }>(async (session, { keep, reason }, [rolloutId = ""]) => {
        printRollout(session, await (await session.client()).rollouts.abort({ rolloutId, reason, keep: keep === true }));
        return undefined;
      }),
    );
}

/** `kedge rollout …` */
export const addRollouts: AddCommands = (program, runner) => {
  const rollout = program.command("rollout").description("who gets which model, when");
  withRequest(rollout.command("plan <model>").description("say who would get it in which wave, and change nothing")).action(
    runner.does<RequestOptions>(async (session, options, [model = ""]) => {
      const plan = await (await session.client()).rollouts.plan(requestOf(model, options));
      printLines(session, plan, planLines(plan));
      return undefined;
    }),
  );
  withWatch(withRequest(rollout.command("start <model>").description("roll a model out"))).action(
    runner.does<RequestOptions & WatchOptions>(async (session, options, [model = ""]) => {
      const client = await session.client();
      const started = await client.rollouts.start(requestOf(model, options));
      if (options.watch === true) return watchRollout(session, client, { rolloutId: started.rolloutId, timeoutMs: options.timeout });
      printRollout(session, started);
      session.say(`follow it with: kedge rollout get ${started.rolloutId} -w`);
      return undefined;
    }),
  );
  rollout
    .command("ls")
    .description("list rollouts, newest first")
    .addOption(new Option("--state <state>", "only these").choices(rolloutStates))
    .option("--limit <n>", "at most so many", wholeArgument(1), 100)
    .action(
      runner.does<{ state?: RolloutSummary["state"]; limit: number }>(async (session, { state, limit }) => {
        const client = await session.client();
        printList(session, await allOf(limit, (page) => client.rollouts.list({ ...page, state })), rolloutView(session), "no rollouts");
        return undefined;
      }),
    );
  withWatch(rollout.command("get <rollout>").description("show one: waves, gates with their numbers, devices")).action(
    runner.does<WatchOptions>(async (session, { watch, timeout }, [rolloutId = ""]) => {
      const client = await session.client();
      if (watch === true) return watchRollout(session, client, { rolloutId, timeoutMs: timeout });
      printRollout(session, await client.rollouts.get({ rolloutId }));
      return undefined;
    }),
  );
  addVerbs(rollout, runner);
};
