import { invariant } from "@kedge/core";
import type { AlertChannel, OutgoingMessage, SendOutcome } from "./alert-channel.js";
import type { Notification } from "./notification.js";
import { notificationBody } from "./notification-body.js";

/** How a receiver behaves while a law is tried. */
export type ReceiverMood = "takes" | "hangs" | "breaks" | "refuses" | "puts-off" | "has-gone";

/** A channel to a receiver of the given mood, and what the law needs to know about both. */
export interface ChannelFixture {
  readonly channel: AlertChannel;
  /** Texts that must never be seen: secrets, tokens in addresses. */
  readonly secrets: readonly string[];
  /** Everything that was logged so far. */
  logged(): string;
  /** The ids of the messages that the receiver took. */
  received(): readonly string[];
  end(): Promise<void>;
}

/** Makes fixtures; `undefined` for a mood that this kind of receiver cannot have. */
export interface ChannelLab {
  /** Longer than the time-out that the channels under trial are given. */
  readonly patienceMs: number;
  open(mood: ReceiverMood): Promise<ChannelFixture | undefined>;
}

/** One thing that every channel must do; `check` throws when it does not. */
export interface ChannelLaw {
  readonly name: string;
  check(lab: ChannelLab): Promise<void>;
}

function message(noticeId: string): OutgoingMessage {
  const notification: Notification = {
    noticeId,
    type: "drift.detected",
    atMs: 1_700_000_000_000,
    severity: "warning",
    incidentId: "inc_1",
    title: "Drift at cohort site=oslo",
    deviceIds: [],
    deviceLabels: [],
    data: { model: "m" },
  };
  return { messageId: `sub_1.${noticeId}`, notification, body: notificationBody(notification) };
}

async function withFixture(lab: ChannelLab, mood: ReceiverMood, work: (fixture: ChannelFixture) => Promise<void>): Promise<void> {
  const fixture = await lab.open(mood);
  if (fixture === undefined) return;
  try {
    await work(fixture);
    for (const secret of fixture.secrets) invariant(!fixture.logged().includes(secret), "a log line holds a secret");
  } finally {
    await fixture.channel.close();
    await fixture.end();
  }
}

async function sendChecked(fixture: ChannelFixture, noticeId: string): Promise<SendOutcome> {
  const outcome = await fixture.channel.send(message(noticeId));
  for (const secret of fixture.secrets) invariant(!JSON.stringify(outcome).includes(secret), `the outcome holds a secret: ${outcome.kind}`);
  return outcome;
}

async function checkSends(lab: ChannelLab): Promise<void> {
  await withFixture(lab, "takes", async (fixture) => {
    for (const id of ["n1", "n2"]) {
      const outcome = await sendChecked(fixture, id);
      invariant(outcome.kind === "sent", `sending ended with ${JSON.stringify(outcome)}`);
    }
    invariant(fixture.received().join() === "sub_1.n1,sub_1.n2", `the receiver has ${fixture.received().join()}`);
  });
}

async function checkAgain(lab: ChannelLab): Promise<void> {
  await withFixture(lab, "takes", async (fixture) => {
    await sendChecked(fixture, "n1");
    await sendChecked(fixture, "n1");
    invariant(new Set(fixture.received()).size === 1, "a message sent again has another id");
  });
}

async function checkSettles(lab: ChannelLab): Promise<void> {
  for (const mood of ["hangs", "breaks"] as const) {
    await withFixture(lab, mood, async (fixture) => {
      const outcome = await sendChecked(fixture, "n1");
      invariant(outcome.kind === "retryable", `a receiver that ${mood} ended with ${outcome.kind}`);
    });
  }
}

async function checkRefused(lab: ChannelLab): Promise<void> {
  await withFixture(lab, "refuses", async (fixture) => {
    const { kind } = await sendChecked(fixture, "n1");
    invariant(kind === "retryable" || kind === "failed", `a refusal ended with ${kind}`);
  });
  await withFixture(lab, "puts-off", async (fixture) => {
    const outcome = await sendChecked(fixture, "n1");
    invariant(outcome.kind === "retryable" && (outcome.retryAfterMs ?? 0) > 0, "the receiver's wish to be asked later is lost");
  });
  await withFixture(lab, "has-gone", async (fixture) => {
    const { kind } = await sendChecked(fixture, "n1");
    invariant(kind === "gone", `a receiver that has gone ended with ${kind}`);
  });
}

async function checkClosed(lab: ChannelLab): Promise<void> {
  await withFixture(lab, "takes", async (fixture) => {
    await fixture.channel.close();
    await fixture.channel.close();
    const outcome = await sendChecked(fixture, "n1");
    invariant(outcome.kind === "failed" && outcome.code === "alert/channel-closed", `sending after close ended with ${JSON.stringify(outcome)}`);
    invariant(fixture.received().length === 0, "a closed channel has sent");
  });
}

async function checkClosesUnderWay(lab: ChannelLab): Promise<void> {
  await withFixture(lab, "hangs", async (fixture) => {
    const sending = sendChecked(fixture, "n1");
    await fixture.channel.close();
    const { kind } = await sending;
    invariant(kind !== "sent", "a message that was cut off counts as sent");
  });
}

/** The law of the {@link AlertChannel} port. A test runs every law over every kind of the list. */
export const alertChannelLaws: readonly ChannelLaw[] = [
  { name: "sends, under the message's id", check: checkSends },
  { name: "sends again under the same id", check: checkAgain },
  { name: "settles when the receiver hangs or breaks, and says that it may be tried again", check: checkSettles },
  { name: "tells refusal, delay and farewell apart", check: checkRefused },
  { name: "fails by name after close", check: checkClosed },
  { name: "close settles what is under way", check: checkClosesUnderWay },
];
