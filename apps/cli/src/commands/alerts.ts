import { alertEvents, type Delivery, type InputOf, type Routes, type Silence, type Subscription } from "@kedge/api";
import { KedgeError, type Severity, severities } from "@kedge/core";
import { type Command, Option } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { durationArgument, listArgument, selectorArgument, wholeArgument } from "../arguments.js";
import { readText } from "../context/files.js";
import { cliCodes } from "../errors.js";
import { age, moment } from "../output/plain.js";
import { printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";

const channelText = (s: Subscription): string => (s.channel.kind === "webhook" ? s.channel.url : s.channel.kind);

const subscriptionView: View<Subscription> = {
  name: (s) => s.subscriptionId,
  columns: [
    { title: "SUBSCRIPTION", value: (s) => s.subscriptionId },
    { title: "CHANNEL", value: channelText },
    { title: "FROM", value: (s) => s.minSeverity },
    { title: "SELECTOR", value: (s) => s.selector || "everything" },
    { title: "EVENTS", value: (s) => s.events.join(",") || "all" },
    { title: "ENABLED", value: (s) => (s.isEnabled ? "yes" : `no${s.disabledReason === null ? "" : `: ${s.disabledReason}`}`) },
    { title: "NOTE", value: (s) => s.note, isWide: true },
    { title: "BY", value: (s) => s.createdBy, isWide: true },
  ],
};

function deliveryView(session: Session): View<Delivery> {
  return {
    name: (d) => d.deliveryId,
    columns: [
      { title: "DELIVERY", value: (d) => d.deliveryId },
      { title: "EVENT", value: (d) => d.event },
      { title: "STATE", value: (d) => d.state, isState: true },
      { title: "TRIES", value: (d) => String(d.attempts), isNumber: true },
      { title: "AGE", value: (d) => age(d.createdAtMs, session.nowMs), isNumber: true },
      { title: "OUTCOME", value: (d) => d.outcome },
      { title: "NEXT TRY", value: (d) => moment(d.nextAttemptAtMs), isWide: true },
      { title: "INCIDENT", value: (d) => d.incidentId ?? "-", isWide: true },
    ],
  };
}

const silenceView: View<Silence> = {
  name: (s) => s.silenceId,
  columns: [
    { title: "SILENCE", value: (s) => s.silenceId },
    { title: "STATE", value: (s) => s.state, isState: true },
    { title: "ABOUT", value: (s) => s.incidentId ?? (s.selector || "everything") },
    { title: "UNTIL", value: (s) => moment(s.untilMs) },
    { title: "BY", value: (s) => s.createdBy },
    { title: "COMMENT", value: (s) => s.comment },
  ],
};

interface SubscribeOptions {
  readonly webhook?: string;
  readonly secretFile?: string;
  readonly mqtt?: boolean;
  readonly log?: boolean;
  readonly selector: string;
  readonly minSeverity: Severity;
  readonly event?: string[];
  readonly note: string;
}

type SubscriptionInput = InputOf<Routes["subscriptions"]["create"]>;

async function channelOf(o: SubscribeOptions): Promise<SubscriptionInput["channel"]> {
  if ([o.webhook !== undefined, o.mqtt === true, o.log === true].filter(Boolean).length !== 1) {
    throw new KedgeError(cliCodes.usage, "a subscription needs one way to tell: --webhook URL, --mqtt or --log", {
      hint: "For example: kedge alerts subscribe --webhook https://example.org/hook",
      context: { exit: "usage" },
    });
  }
  if (o.webhook === undefined) return { kind: o.mqtt === true ? "mqtt" : "log" };
  if (o.secretFile === undefined) return { kind: "webhook", url: o.webhook };
  return { kind: "webhook", url: o.webhook, secret: (await readText(o.secretFile, "the signing secret", "Name a file that holds whsec_… alone.")).trim() };
}

function eventsOf(words: readonly string[] | undefined): SubscriptionInput["events"] {
  return (words ?? []).map((word) => {
    const found = alertEvents.find((e) => e === word);
    if (found !== undefined) return found;
    throw new KedgeError(cliCodes.usage, `there is no event ${word}`, { hint: `There are ${alertEvents.join(", ")}`, context: { exit: "usage" } });
  });
}

function addSubscribe(alerts: Command, runner: Runner): void {
  alerts
    .command("subscribe")
    .description("be told: by signed webhook, on the retained MQTT topic, or in the collector's log")
    .option("--webhook <url>", "post to this address, signed by the Standard Webhooks rules")
    .option("--secret-file <file>", "sign with the secret in this file (whsec_…); made when left out")
    .option("--mqtt", "publish to kedge/1/alerts/… (retained)")
    .option("--log", "write to the collector's log")
    .option("-l, --selector <selector>", "only about devices with these labels", selectorArgument, "")
    .addOption(new Option("--min-severity <severity>", "only from this severity on").choices(severities).default("warning"))
    .option("--event <type>", "only these, such as drift.detected (repeat)", listArgument)
    .option("--note <words>", "who wants to know, and why", "")
    .action(
      runner.does<SubscribeOptions>(async (session, options) => {
        const { selector, minSeverity, event, note } = options;
        const request = { channel: await channelOf(options), selector, minSeverity, events: eventsOf(event), note };
        const made = await (await session.client()).subscriptions.create(request);
        if (session.format === "table" || session.format === "wide") {
          printList(session, [made.subscription], subscriptionView);
          if (made.secret !== null && options.secretFile === undefined)
            session.say(`the secret to verify its signatures with, shown this once: ${made.secret}`);
          session.say(`try it with: kedge alerts test ${made.subscription.subscriptionId}`);
        } else printOne<typeof made>(session, made, { name: (m) => m.subscription.subscriptionId, columns: [] });
        return undefined;
      }),
    );
  alerts
    .command("unsubscribe <subscription>")
    .description("end a subscription")
    .action(
      runner.does(async (session, _, [subscriptionId = ""]) => {
        await (await session.client()).subscriptions.remove({ subscriptionId });
        session.say(`${subscriptionId} is gone`);
        return undefined;
      }),
    );
}

function addDeliveries(alerts: Command, runner: Runner): void {
  alerts
    .command("test <subscription>")
    .description("send a test message at once; exits with 1 when it was not delivered")
    .action(
      runner.does(async (session, _, [subscriptionId = ""]) => {
        const delivery = await (await session.client()).subscriptions.test({ subscriptionId });
        printOne(session, delivery, deliveryView(session));
        return delivery.state === "delivered" ? undefined : 1;
      }),
    );
  alerts
    .command("deliveries <subscription>")
    .description("what was sent, newest first")
    .option("--limit <n>", "at most so many", wholeArgument(1), 100)
    .action(
      runner.does<{ limit: number }>(async (session, { limit }, [subscriptionId = ""]) => {
        const client = await session.client();
        printList(
          session,
          await allOf(limit, (page) => client.subscriptions.deliveries({ ...page, subscriptionId })),
          deliveryView(session),
          "nothing was sent yet",
        );
        return undefined;
      }),
    );
  alerts
    .command("replay <subscription> <delivery>")
    .description("send a message again, with the same id")
    .action(
      runner.does(async (session, _, [subscriptionId = "", deliveryId = ""]) => {
        printOne(session, await (await session.client()).subscriptions.replay({ subscriptionId, deliveryId }), deliveryView(session));
        return undefined;
      }),
    );
}

function addSilences(alerts: Command, runner: Runner): void {
  alerts
    .command("silence")
    .description("keep quiet about devices or one incident for a while; incidents still open")
    .option("-l, --selector <selector>", "about devices with these labels", selectorArgument)
    .option("--incident <incident>", "about this incident")
    .requiredOption("--for <duration>", "for how long", durationArgument)
    .requiredOption("--comment <words>", "why")
    .action(
      runner.does<{ selector?: string; incident?: string; for: number; comment: string }>(async (session, o) => {
        if (o.selector === undefined && o.incident === undefined) {
          throw new KedgeError(cliCodes.usage, "a silence needs -l SELECTOR or --incident", {
            hint: "To silence everything, say so: -l ''",
            context: { exit: "usage" },
          });
        }
        const made = await (await session.client()).silences.create({
          selector: o.selector ?? "",
          incidentId: o.incident,
          durationMs: o.for,
          comment: o.comment,
        });
        printOne(session, made, silenceView);
        return undefined;
      }),
    );
  alerts
    .command("silences")
    .description("list silences")
    .action(
      runner.does(async (session) => {
        const client = await session.client();
        printList(session, await allOf(10_000, (page) => client.silences.list(page)), silenceView, "no silences");
        return undefined;
      }),
    );
  alerts
    .command("unsilence <silence>")
    .description("end a silence now")
    .action(
      runner.does(async (session, _, [silenceId = ""]) => {
        printOne(session, await (await session.client()).silences.remove({ silenceId }), silenceView);
        return undefined;
      }),
    );
}

/** `kedge alerts …` */
export const addAlerts: AddCommands = (program, runner) => {
  const alerts = program.command("alerts").description("who is told of what, and how");
  alerts
    .command("ls")
    .description("list subscriptions")
    .action(
      runner.does(async (session) => {
        const client = await session.client();
        printList(
          session,
          await allOf(10_000, (page) => client.subscriptions.list(page)),
          subscriptionView,
          "no subscriptions; make one with: kedge alerts subscribe",
        );
        return undefined;
      }),
    );
  addSubscribe(alerts, runner);
  addDeliveries(alerts, runner);
  addSilences(alerts, runner);
};
