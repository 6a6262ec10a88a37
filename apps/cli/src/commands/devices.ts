import { type Counters, type Device, type DeviceAlarm, deviceStates } from "@kedge/api";
import { KedgeError } from "@kedge/core";
import { type Command, Option } from "commander";
import type { AddCommands, Runner } from "../action.js";
import { selectorArgument, wholeArgument } from "../arguments.js";
import { cliCodes } from "../errors.js";
import { age, byteSize, duration, figure, labelText, moment, oneLine, shortDigest } from "../output/plain.js";
import { fields, printLines, printList, printOne, type View } from "../output/print.js";
import { allOf } from "../pages.js";
import type { Session } from "../session.js";
import { gapWords } from "./status.js";

const running = (d: Device): string => (d.running === null ? "-" : `${d.running.name}@${d.running.version}`);

function budgetText(b: NonNullable<Device["budget"]>): string {
  const cost = [
    [b.mergedWindows, "windows merged"],
    [b.droppedDetails, "details left out"],
    [b.droppedSamples, "samples left out"],
  ] as const;
  const paid = cost.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return `${byteSize(b.spentBytes)} of ${byteSize(b.bytesPerDay)} in 24 hours${paid.length === 0 ? "" : `; for want of more ${paid.join(", ")}`}`;
}

/** One line for each change, then the values since. */
function alarmLines(session: Session, alarm: DeviceAlarm): string[] {
  const found = alarm.alarms.map((a) => {
    const what = a.change === "level" ? "moved" : "spreads otherwise";
    return `${oneLine(a.stream)} ${what}: ${figure(a.beforeMean)} → ${figure(a.afterMean)} on the mean (${a.beforeRows} values before, ${a.afterRows} since)`;
  });
  const since = alarm.since.map((s) => {
    const at = (share: number): string => figure(s.quantiles.find((q) => q.share === share)?.value ?? Number.NaN);
    return `  ${oneLine(s.feature)} since: ${at(0)} … ${at(0.25)} | ${at(0.5)} | ${at(0.75)} … ${at(1)} (${s.values} values)`;
  });
  return [
    session.paint("warn", `${moment(alarm.atMs)}, ${oneLine(alarm.bundle.name)}@${oneLine(alarm.bundle.version)}`),
    ...found.map((l) => `  ${l}`),
    ...since,
  ];
}

/** `windows`: what became of the device's windows; asked for only where one device is shown. */
function viewOf(session: Session, windows?: Counters["windows"]): View<Device> {
  return {
    name: (d) => d.deviceId,
    columns: [
      { title: "DEVICE", value: (d) => d.deviceId },
      { title: "STATE", value: (d) => d.state, isState: true },
      { title: "RUNNING", value: running },
      { title: "UPDATE", value: (d) => d.update?.state ?? "-", isState: true },
      { title: "LABELS", value: (d) => labelText(d.labels) },
      { title: "SEEN", value: (d) => age(d.lastSeenAtMs, session.nowMs), isNumber: true },
      { title: "INCIDENTS", value: (d) => d.incidentIds.join(",") },
      { title: "DIGEST", value: (d) => shortDigest(d.running?.digest), isWide: true },
      { title: "PREDICTIONS", value: (d) => String(d.counters?.predictions ?? "-"), isNumber: true, isWide: true },
      { title: "ERRORS", value: (d) => String(d.counters?.errors ?? "-"), isNumber: true, isWide: true },
      { title: "OUTBOX", value: (d) => (d.outbox === null ? "-" : String(d.outbox.records)), isNumber: true, isWide: true },
      { title: "AGENT", value: (d) => d.agentVersion ?? "-", isWide: true },
      { title: "PLATFORM", value: (d) => d.platform ?? "-", isWide: true },
    ],
    detail: (d) =>
      fields([
        ["device", d.deviceId],
        ["state", d.state],
        ["labels", labelText(d.labels)],
        ["running", d.running === null ? "-" : `${running(d)} (${shortDigest(d.running.digest)})`],
        ["previous", shortDigest(d.previousDigest)],
        [
          "desired",
          d.desired === null
            ? "-"
            : `${shortDigest(d.desired.digest)} (version ${d.desired.version}${d.desired.rolloutId === null ? "" : `, ${d.desired.rolloutId}`})`,
        ],
        ["update", d.update === null ? "-" : `${d.update.state}${d.update.reason === "" ? "" : `: ${d.update.reason}`}`],
        ["outbox", d.outbox === null ? "-" : `${d.outbox.records} records, ${byteSize(d.outbox.bytes)}, ${d.outbox.dropped} dropped`],
        [
          "since boot",
          d.counters === null
            ? "-"
            : `${d.counters.predictions} predictions, ${d.counters.errors} errors, ${d.counters.windows} windows, ${d.counters.samples} samples`,
        ],
        ...(windows === undefined
          ? []
          : [["stored", `${windows.stored} windows (${windows.rows} predictions)`] as const, ["gaps", gapWords(windows)] as const]),
        ["speaks", d.quietMs === null ? "every minute or more often" : `at least every ${duration(d.quietMs)}`],
        ["bytes", d.budget === null ? "no limit" : budgetText(d.budget)],
        ["agent", `${d.agentVersion ?? "-"} on ${d.platform ?? "-"}`],
        ["last seen", moment(d.lastSeenAtMs)],
        ["enrolled", moment(d.enrolledAtMs)],
        ["certificate until", moment(d.certificateNotAfterMs)],
        ["incidents", d.incidentIds.join(", ") || "-"],
      ]),
  };
}

function addChanges(devices: Command, runner: Runner): void {
  devices
    .command("label <device> <labels...>")
    .description("set labels: site=oslo; take one away: site-")
    .action(
      runner.does(async (session, _, [deviceId = "", ...texts]) => {
        const labels = Object.fromEntries(
          texts.map((text): [string, string | null] => {
            const at = text.indexOf("=");
            if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
            if (text.endsWith("-") && text.length > 1) return [text.slice(0, -1), null];
            throw new KedgeError(cliCodes.usage, `${text} is neither key=value nor key-`, {
              hint: `For example: kedge devices label ${deviceId} site=oslo row-`,
              context: { exit: "usage" },
            });
          }),
        );
        printOne(session, await (await session.client()).devices.label({ deviceId, labels }), viewOf(session));
        return undefined;
      }),
    );
  devices
    .command("retire <device>")
    .description("end a device's membership for good: its certificate is refused from now on")
    .option("--confirm <device>", "the device's id again, since this cannot be undone")
    .option("--reason <words>", "why, for the audit log", "")
    .action(
      runner.does<{ confirm?: string; reason: string }>(async (session, { confirm, reason }, [deviceId = ""]) => {
        if (confirm !== deviceId) {
          throw new KedgeError(cliCodes.notConfirmed, `retiring ${deviceId} cannot be undone and was not confirmed`, {
            hint: `Add --confirm ${deviceId}`,
            context: { exit: "usage" },
          });
        }
        const device = await (await session.client()).devices.retire({ deviceId, reason });
        session.say(`${deviceId} is retired; to let the machine in again, enrol it anew with a token`);
        if (session.format !== "table") printOne(session, device, viewOf(session));
        return undefined;
      }),
    );
}

/** `kedge devices …` */
export const addDevices: AddCommands = (program, runner) => {
  const devices = program.command("devices").description("who is out there and what it runs");
  devices
    .command("ls")
    .description("list devices")
    .option("-l, --selector <selector>", "only devices with these labels, such as site=oslo", selectorArgument, "")
    .addOption(new Option("--state <state>", "only these").choices(deviceStates))
    .option("--limit <n>", "at most so many", wholeArgument(1), 100_000)
    .action(
      runner.does<{ selector: string; state?: Device["state"]; limit: number }>(async (session, { selector, state, limit }) => {
        const client = await session.client();
        const found = await allOf(limit, (page) => client.devices.list({ ...page, selector, state }));
        printList(session, found, viewOf(session), "no devices; let the first one in with: kedge token create");
        return undefined;
      }),
    );
  devices
    .command("get <device>")
    .description("show one device")
    .action(
      runner.does(async (session, _, [deviceId = ""]) => {
        const client = await session.client();
        const device = await client.devices.get({ deviceId });
        const { windows } = await client.overview.counters({ deviceId });
        printOne(session, device, viewOf(session, windows));
        return undefined;
      }),
    );
  devices
    .command("alarms <device>")
    .description("what the device's own detectors found, newest first: what changed, and the values since")
    .action(
      runner.does(async (session, _, [deviceId = ""]) => {
        const { items } = await (await session.client()).devices.alarms({ deviceId });
        printLines(session, items, items.length === 0 ? [`${deviceId} has found no change by itself`] : items.flatMap((a) => alarmLines(session, a)));
        return undefined;
      }),
    );
  addChanges(devices, runner);
};
