import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodes } from "@kedge/core";
import type { ProbeReport } from "@kedge/wire/probe";
import { expect } from "vitest";
import type { World } from "./world.fixture.js";

const program = fileURLToPath(new URL("../../../apps/cli/dist/main.js", import.meta.url));
export const isCliBuilt = existsSync(program);

/** What `kedge broker probe` says of a broker with a device's papers, and how it ended. */
export async function probe(world: World): Promise<{ readonly report: ProbeReport; readonly code: number }> {
  const { rig } = world;
  if (rig === undefined) throw new Error("there is no broker to probe");
  const papers = await world.enrol("spare-1");
  const file = (name: string, text: string) => world.agents.file(name, text);
  const device = ["--device-id", "spare-1", "--device-url", rig.deviceUrl];
  const ofDevice = ["--device-certificate", await file("device.pem", papers.certificatePem), "--device-key", await file("device.key", papers.privateKeyPem)];
  const collector = ["--certificate", join(rig.certificates, "collector.pem"), "--key", join(rig.certificates, "collector.key")];
  const user = rig.collectorUser;
  const password = user === undefined ? [] : ["--username", user.username, "--password-file", await file("password", user.password)];
  const args = [
    "broker",
    "probe",
    rig.collectorUrl,
    "--json",
    "--broker-ca",
    join(rig.certificates, "ca.pem"),
    ...collector,
    ...password,
    ...device,
    ...ofDevice,
  ];
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { maxBuffer: 1 << 22 }, (error, stdout, stderr) => {
      const code = error === null ? exitCodes.ok : Number(error.code);
      try {
        resolve({ report: JSON.parse(stdout) as ProbeReport, code });
      } catch {
        reject(new Error(`${code}: ${stderr}`));
      }
    });
  });
}

/** What is seen of each broker with its shipped configuration. Codes of findings other than limits, in their order. */
export const shippedFindings = {
  mosquitto: [],
  rabbitmq: ["device-takes-client-id"],
  nats: ["device-speaks-for-others", "device-hears-others", "device-takes-client-id"],
} as const;

/** Holds a report against what we say of the broker in the guide. */
export function expectAsDocumented(name: keyof typeof shippedFindings, { report, code }: Awaited<ReturnType<typeof probe>>): void {
  const { capabilities, findings } = report;
  const { connection, delivery, rules } = capabilities;
  expect(capabilities.product).toBe(name);
  expect(connection).toMatchObject({ mqtt311: true, mqtt5: name === "mosquitto", oldTls: false, anonymous: "refused", takeover: true });
  expect(connection.tls?.version).toMatch(/^TLSv1\.[23]$/);
  expect(delivery.qos1).toMatchObject({ sent: 200, received: 200, inOrder: true });
  expect(delivery).toMatchObject({ retained: true, will: true, persistentSession: true, maxPayloadBytes: delivery.triedPayloadBytes });
  expect(delivery.retainedByWildcard).toBe(name !== "rabbitmq");
  expect(delivery.offlineQueue).toMatchObject({ sent: 3_000, acknowledged: 3_000, kept: name === "mosquitto" ? 1_000 : 3_000 });
  expect(delivery.dots).toBe({ mosquitto: "kept", rabbitmq: "taken for a level", nats: "refused" }[name]);
  expect(rules).toMatchObject({ speaksOwn: true, hearsOwn: true, speaksForCollector: false, hearsAll: false });
  const worse = findings.filter((f) => f.severity !== "limit");
  expect(worse.map((f) => f.code)).toEqual(shippedFindings[name]);
  for (const finding of worse) expect(finding.mend, finding.code).not.toBeNull();
  expect(code).toBe(worse.length === 0 ? exitCodes.ok : exitCodes.config);
}
