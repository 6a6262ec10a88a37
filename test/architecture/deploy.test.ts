import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { type CollectorConfig, loadConfig } from "../../apps/collector/src/config.js";
import { healthRoutes } from "../../packages/api/src/resources/overview.js";
import { read, root } from "../support/repository.js";

// biome-ignore lint/suspicious/noExplicitAny: files of other programs' formats; a test that looks for what is not there fails.
type Yaml = any;

const folder = mkdtempSync(join(tmpdir(), "kedge-deploy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a collector makes of a settings file and an environment; throws where it would refuse to start. */
function settings(text: string, env: Readonly<Record<string, string>>): CollectorConfig {
  const file = join(folder, "collector.yaml");
  writeFileSync(file, text);
  return loadConfig(file, env, {});
}

/** Every path in the settings lies under one of the mounts. */
function expectMounted({ dataDir, cluster, store }: CollectorConfig, mounts: readonly string[], env: Readonly<Record<string, string>>): void {
  const { records, series } = store;
  if (records.kind !== "postgres" || series.kind !== "influxdb") throw new Error("the stores are in servers");
  const paths = [dataDir, cluster.sharedDir, records.passwordFile, records.caFile, series.passwordFile, env["NODE_EXTRA_CA_CERTS"]];
  for (const path of paths)
    expect(
      mounts.some((mount) => path === mount || path?.startsWith(`${mount}/`)),
      `${path} is mounted`,
    ).toBe(true);
}

/** Names that say a secret would stand where everybody can read it. */
const isSecret = (name: string): boolean => /(PASSWORD|SECRET|TOKEN|KEY)$/.test(name) && !/_(FILE|PRIVATE_KEY)$/.test(name);

describe("deploy/compose", () => {
  const compose: Yaml = parse(read("deploy/compose/compose.yaml"), { merge: true });
  const metrics: Yaml = parse(read("deploy/compose/metrics.yaml"), { merge: true });
  const services: [string, Yaml][] = Object.entries(compose.services);
  const collectors = services.filter(([name]) => name.startsWith("collector-"));
  const plain = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
  const mountOf = (volume: string): readonly [string, string] => [volume.split(":")[0] ?? "", volume.split(":")[1] ?? ""];

  test("runs two collectors or more, with settings that a collector takes and paths that are there", () => {
    expect(collectors.length).toBeGreaterThanOrEqual(2);
    for (const [, service] of collectors) {
      const env = Object.fromEntries(Object.entries<string>(service.environment).map(([name, value]) => [name, plain(value)]));
      const mounts: (readonly [string, string])[] = service.volumes.map(mountOf);
      const at = mounts.find(([, to]) => to === service.command[1])?.[0] ?? "";
      const config = settings(read(join("deploy/compose", at)), env);
      expect(config.cluster.enabled).toBe(true);
      expectMounted(config, [...mounts.map(([, to]) => to), ...service.secrets.map((name: string) => `/run/secrets/${name}`)], env);
      expect(services.map(([name]) => name)).toContain(new URL(config.broker.url ?? "").hostname);
      expect(service.healthcheck.test.join(" ")).toContain(`${config.http.port}${healthRoutes.ready.path}`);
      expect(service.stop_grace_period).toBe("40s");
    }
    const own = collectors.map(([, service]) => service.volumes.map(mountOf).find(([, to]: readonly [string, string]) => to === "/var/lib/kedge")?.[0]);
    expect(new Set(own).size).toBe(collectors.length);
  });

  test("metrics.yaml adds a server of metrics that collectors write to and Grafana asks", () => {
    const [, { environment }] = Object.entries<Yaml>(metrics.services).find(([name]) => name === "collector-1") ?? ["", {}];
    const config = settings(read("deploy/compose/collector.yaml"), environment);
    expect(config.store.metrics).toMatchObject({ kind: "victoriametrics", host: "victoriametrics", protocol: "https" });
    expect(metrics.services.victoriametrics.command).toContain("-dedup.minScrapeInterval=1ms");
    const [source] = parse(read("deploy/grafana/datasources.yaml")).datasources;
    const { port } = config.store.metrics as { readonly port: number };
    expect(source.url).toBe(`https://victoriametrics:${port}`);
    const dashboard = JSON.parse(read("deploy/grafana/kedge.json"));
    for (const panel of dashboard.panels) expect(panel.datasource.uid, panel.title).toBe(source.uid);
    // The servers' certificates are made by name.
    expect(compose.services.papers.entrypoint.join(" ")).toContain("victoriametrics");
  });

  test("every volume, file, secret and service that is named is there; what must start first is healthy first", () => {
    for (const [name, service] of [...services, ...Object.entries<Yaml>(metrics.services)]) {
      for (const [from] of (service.volumes ?? []).map(mountOf)) {
        if (from.startsWith(".")) expect(existsSync(join(root, normalize(join("deploy/compose", from)))), `${name}: ${from}`).toBe(true);
        else expect(Object.keys({ ...compose.volumes, ...metrics.volumes }), name).toContain(from);
      }
      for (const secret of service.secrets ?? []) expect(Object.keys({ ...compose.secrets, ...metrics.secrets }), name).toContain(secret);
      for (const [other, { condition }] of Object.entries<Yaml>(service.depends_on ?? {})) {
        expect(Object.keys(compose.services), name).toContain(other);
        if (condition === "service_healthy") expect(compose.services[other].healthcheck, other).toBeDefined();
      }
      expect(Object.keys(service.environment ?? {}).filter(isSecret), name).toEqual([]);
    }
  });
});

describe("deploy/kubernetes", () => {
  const kustomization: Yaml = parse(read("deploy/kubernetes/kustomization.yaml"));
  const overlay: Yaml = parse(read("deploy/kubernetes/metrics/kustomization.yaml"));
  const files: string[] = [...kustomization.resources, ...overlay.resources.filter((f: string) => f !== "..").map((f: string) => `metrics/${f}`)];
  const objects: Yaml[] = files.flatMap((file) => parseAllDocuments(read(`deploy/kubernetes/${file}`)).map((d) => d.toJS()));
  const ofKind = (...kinds: readonly string[]): Yaml[] => objects.filter((o) => kinds.includes(o.kind));
  const named = (kind: string, name: string): Yaml => objects.find((o) => o.kind === kind && o.metadata.name === name);
  const pods: { readonly name: string; readonly spec: Yaml; readonly labels: Yaml; readonly owner: Yaml }[] = ofKind("StatefulSet", "Job").map((owner) => ({
    name: owner.metadata.name,
    spec: owner.spec.template.spec,
    labels: owner.spec.template.metadata.labels,
    owner,
  }));
  const matches = (selector: Yaml, labels: Yaml): boolean => Object.entries(selector).every(([key, value]) => labels[key] === value);

  test("runs two collectors or more, one of which may be away, with settings that a collector takes", () => {
    const set = named("StatefulSet", "kedge-collector");
    const budget = named("PodDisruptionBudget", "kedge-collector");
    expect(set.spec.replicas).toBeGreaterThanOrEqual(2);
    expect(set.spec.updateStrategy.type).toBe("RollingUpdate");
    expect(budget.spec.maxUnavailable).toBe(1);
    expect(matches(budget.spec.selector.matchLabels, set.spec.template.metadata.labels)).toBe(true);
    const [container] = set.spec.template.spec.containers;
    const env = Object.fromEntries(container.env.map((e: Yaml) => [e.name, e.value]));
    const files: Yaml = kustomization.configMapGenerator.find((m: Yaml) => m.name === "kedge-collector").files;
    const config = settings(read(`deploy/kubernetes/${files[0]}`), env);
    expect(container.args).toEqual(["--config", `/etc/kedge/${files[0]}`]);
    expect(config.cluster.enabled).toBe(true);
    const mounts = container.volumeMounts.map((m: Yaml) => m.mountPath);
    expectMounted(config, mounts, env);
    const ports = Object.fromEntries(container.ports.map((p: Yaml) => [p.name, p.containerPort]));
    expect(ports).toEqual({ mqtts: config.mqtt.port, https: config.http.port });
    const { records, series } = config.store;
    for (const host of [new URL(config.broker.url ?? "").hostname, records.kind === "postgres" && records.host, series.kind === "influxdb" && series.host])
      expect(named("Service", String(host)), String(host)).toBeDefined();
    // A pod is ended only after its leases: these take half of the time that it has.
    expect(set.spec.template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(4 * config.cluster.leaseMs);
  });

  test("with metrics, collectors write to a server that counts nothing twice", () => {
    const [{ patch, target }] = overlay.patches;
    const [{ path, value }] = parse(patch);
    expect([target.kind, target.name, path]).toEqual(["StatefulSet", "kedge-collector", "/spec/template/spec/containers/0/env/-"]);
    const { store } = settings(read("deploy/kubernetes/collector-config.yaml"), { [value.name]: value.value });
    expect(store.metrics).toMatchObject({ kind: "victoriametrics", host: "kedge-victoriametrics", protocol: "https", port: 8428 });
    const [container] = named("StatefulSet", "kedge-victoriametrics").spec.template.spec.containers;
    expect(container.args).toContain("-dedup.minScrapeInterval=1ms");
    expect(named("Service", "kedge-victoriametrics").spec.ports[0].port).toBe(8428);
    expect(JSON.stringify(named("Job", "kedge-papers"))).toContain("make victoriametrics kedge-victoriametrics.kedge.svc");
  });

  test("a collector is restarted by its health and reached by its readiness", () => {
    const [container] = named("StatefulSet", "kedge-collector").spec.template.spec.containers;
    const asks = (path: string) => ({ httpGet: { path, port: "https", scheme: "HTTPS" } });
    expect(container.livenessProbe).toMatchObject(asks(healthRoutes.live.path));
    expect(container.startupProbe).toMatchObject(asks(healthRoutes.live.path));
    expect(container.readinessProbe).toMatchObject(asks(healthRoutes.ready.path));
  });

  test("every container asks for what it needs and may do no more than it must", () => {
    for (const { name, spec, owner } of pods) {
      expect(spec.securityContext.runAsNonRoot, name).toBe(true);
      expect(spec.automountServiceAccountToken, name).toBe(false);
      for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
        expect(Object.keys(container.resources.requests).sort(), name).toEqual(["cpu", "memory"]);
        expect(container.resources.limits.memory, name).toBeDefined();
        expect(container.securityContext.allowPrivilegeEscalation, name).toBe(false);
        expect(container.securityContext.capabilities.drop, name).toEqual(["ALL"]);
      }
      if (owner.kind === "StatefulSet")
        for (const container of spec.containers) expect([container.livenessProbe, container.readinessProbe]).not.toContain(undefined);
    }
  });

  test("every volume, claim, map, port and label that is named is there, and no secret is in the files", () => {
    expect(ofKind("Secret")).toEqual([]);
    const maps = kustomization.configMapGenerator.map((m: Yaml) => m.name);
    for (const { files } of kustomization.configMapGenerator)
      for (const file of files) expect(existsSync(join(root, "deploy/kubernetes", file)), file).toBe(true);
    for (const { name, spec, owner } of pods) {
      const claims: string[] = (owner.spec.volumeClaimTemplates ?? []).map((c: Yaml) => c.metadata.name);
      const volumes = [...(spec.volumes ?? []).map((v: Yaml) => v.name), ...claims];
      for (const volume of spec.volumes ?? []) {
        if (volume.configMap !== undefined) expect(maps, name).toContain(volume.configMap.name);
        if (volume.persistentVolumeClaim !== undefined) expect(named("PersistentVolumeClaim", volume.persistentVolumeClaim.claimName), name).toBeDefined();
        if (volume.secret !== undefined) expect(read("apps/docs/guide/cluster.md"), name).toContain(`create secret generic ${volume.secret.secretName}`);
      }
      for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
        for (const mount of container.volumeMounts) expect(volumes, name).toContain(mount.name);
        expect(
          (container.env ?? []).filter((e: Yaml) => isSecret(e.name) && e.value !== undefined),
          name,
        ).toEqual([]);
      }
    }
    for (const { metadata, spec } of ofKind("Service")) {
      const pod = pods.find(({ labels }) => matches(spec.selector, labels));
      const ports = pod?.spec.containers.flatMap((c: Yaml) => c.ports.map((p: Yaml) => p.name));
      for (const port of spec.ports) expect(ports, metadata.name).toContain(port.targetPort);
    }
    for (const { metadata, spec } of ofKind("NetworkPolicy"))
      expect(
        pods.some(({ labels }) => matches(spec.podSelector.matchLabels, labels)),
        metadata.name,
      ).toBe(true);
  });

  test("the broker's rules are those that are tested", () => {
    expect(read("deploy/kubernetes/kedge.acl")).toBe(read("deploy/brokers/mosquitto/kedge.acl"));
    const lines = (path: string): string[] =>
      read(path)
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"));
    const tested = lines("deploy/brokers/mosquitto/kedge.conf").map((line) => line.split(" ")[0]);
    for (const path of ["deploy/compose/mosquitto.conf", "deploy/kubernetes/mosquitto.conf"])
      expect(lines(path).map((line) => line.split(" ")[0])).toEqual(tested);
  });
});
