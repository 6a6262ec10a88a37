import type { FindingCode } from "./findings.js";
import type { Product } from "./products.js";

/** Lines for a file or a console. */
export interface Mend {
  readonly where: string;
  readonly lines: readonly string[];
}

type Mends = Readonly<Partial<Record<FindingCode, Mend>>>;

const mosquittoAcl: Mend = {
  where: "the file that acl_file names (whole: deploy/brokers/mosquitto/kedge.acl)",
  lines: [
    "pattern write kedge/1/+/%u/birth",
    "pattern write kedge/1/+/%u/death",
    "pattern write kedge/1/+/%u/reported",
    "pattern write kedge/1/+/%u/stats",
    "pattern write kedge/1/+/%u/sample",
    "pattern write kedge/1/+/%u/evt",
    "pattern write kedge/1/+/%u/art/get",
    "pattern read kedge/1/+/%u/desired",
    "pattern read kedge/1/+/%u/ack",
    "pattern read kedge/1/+/%u/art/blk",
    "pattern read kedge/1/host/+",
    "user kedge.collector",
    "topic readwrite kedge/1/#",
  ],
};
const mosquittoTls: Mend = {
  where: "mosquitto.conf",
  lines: [
    "listener 8883",
    "cafile /etc/kedge/ca.pem",
    "certfile /etc/kedge/server.pem",
    "keyfile /etc/kedge/server.key",
    "require_certificate true",
    "use_identity_as_username true",
    "tls_version tlsv1.2",
  ],
};

const mosquitto: Mends = {
  plaintext: mosquittoTls,
  "old-tls": { where: "mosquitto.conf, in the listener", lines: ["tls_version tlsv1.2"] },
  "anonymous-access": { where: "mosquitto.conf", lines: ["allow_anonymous false", "require_certificate true", "use_identity_as_username true"] },
  "device-speaks-for-others": mosquittoAcl,
  "device-speaks-for-collector": mosquittoAcl,
  "device-hears-others": mosquittoAcl,
  "device-shut-out": mosquittoAcl,
  "device-takes-client-id": { where: "mosquitto.conf, in the devices' listener", lines: ["use_username_as_clientid true"] },
  "small-payloads": { where: "mosquitto.conf", lines: ["message_size_limit 4200000"] },
  "samples-too-large": { where: "mosquitto.conf", lines: ["message_size_limit 4200000"] },
  "queue-drops-acknowledged": { where: "mosquitto.conf", lines: ["max_queued_messages 100000", "max_queued_bytes 268435456"] },
  "crash-loses-retained": {
    where: "mosquitto.conf (with autosave_on_changes true nothing is lost, and everything kept is written again for each message)",
    lines: ["persistence true", "autosave_interval 60"],
  },
  "sys-visible": { where: "the file that acl_file names", lines: ["# leave out every rule that lets devices read $SYS/#"] },
};

const rabbitmqTopics: Mend = {
  where: "a shell on the broker (whole: deploy/brokers/rabbitmq/definitions.json)",
  lines: [
    String.raw`rabbitmqctl set_topic_permissions -p / kedge-device amq.topic '^kedge\.1\.[0-9a-f]{2}\.{client_id}\.(birth|death|reported|stats|sample|evt|art\.get)$' '^kedge\.1\.([0-9a-f]{2}\.{client_id}\.(desired|ack|art\.blk)|host\..*)$'`,
    String.raw`rabbitmqctl set_topic_permissions -p / kedge.collector amq.topic '^kedge\.1\..*$' '^kedge\.1\..*$'`,
  ],
};
const rabbitmqTls: Mend = {
  where: "rabbitmq.conf",
  lines: [
    "mqtt.listeners.tcp = none",
    "mqtt.listeners.ssl.1 = 8883",
    "ssl_options.cacertfile = /etc/kedge/ca.pem",
    "ssl_options.certfile = /etc/kedge/server.pem",
    "ssl_options.keyfile = /etc/kedge/server.key",
    "ssl_options.verify = verify_peer",
    "ssl_options.fail_if_no_peer_cert = true",
  ],
};
const rabbitmq: Mends = {
  plaintext: rabbitmqTls,
  "old-tls": { where: "rabbitmq.conf", lines: ["ssl_options.versions.1 = tlsv1.2", "ssl_options.versions.2 = tlsv1.3"] },
  "anonymous-access": {
    where: "rabbitmq.conf",
    lines: [
      "ssl_options.verify = verify_peer",
      "ssl_options.fail_if_no_peer_cert = true",
      "# or, where devices have passwords:",
      "mqtt.allow_anonymous = false",
    ],
  },
  "device-speaks-for-others": rabbitmqTopics,
  "device-speaks-for-collector": rabbitmqTopics,
  "device-hears-others": rabbitmqTopics,
  "device-shut-out": rabbitmqTopics,
  "device-takes-client-id": {
    where: "rabbitmq.conf, of RabbitMQ 4 (3.x cannot bind the client id to a certificate; seals hold all the same)",
    lines: ["mqtt.ssl_cert_client_id_from = distinguished_name"],
  },
  "small-payloads": { where: "rabbitmq.conf", lines: ["max_message_size = 16777216"] },
  "samples-too-large": { where: "rabbitmq.conf, of RabbitMQ 3.12 and later", lines: ["mqtt.max_packet_size_authenticated = 8388608"] },
};

const natsRules: Mend = {
  where: "the device's user in nats.conf (whole: deploy/brokers/nats/kedge.conf)",
  lines: [
    "permissions: {",
    '  publish: ["kedge.1.*.*.birth", "kedge.1.*.*.death", "kedge.1.*.*.reported", "kedge.1.*.*.stats", "kedge.1.*.*.sample", "kedge.1.*.*.evt", "kedge.1.*.*.art.get"]',
    '  subscribe: ["kedge.1.*.*.desired", "kedge.1.*.*.ack", "kedge.1.*.*.art.blk", "kedge.1.host.*", "$MQTT.sub.>"]',
    "}",
  ],
};
const natsOwnRules: Mend = {
  where: "nats.conf: a user for each device, known by its certificate (NATS 2.9 cannot put a name into a rule; seals hold all the same)",
  lines: [
    "mqtt { tls { verify_and_map: true } }",
    'authorization { users: [ { user: "CN=press-1", permissions: {',
    '  publish: ["kedge.1.*.press-1.>", "kedge.1.*.press-1.art.get"]',
    '  subscribe: ["kedge.1.*.press-1.desired", "kedge.1.*.press-1.ack", "kedge.1.*.press-1.art.blk", "kedge.1.host.*", "$MQTT.sub.>"]',
    "} } ] }",
  ],
};
const nats: Mends = {
  plaintext: {
    where: "nats.conf",
    lines: [
      "mqtt {",
      "  listen: 0.0.0.0:8883",
      '  tls { ca_file: "/etc/kedge/ca.pem", cert_file: "/etc/kedge/server.pem", key_file: "/etc/kedge/server.key", verify: true }',
      "}",
    ],
  },
  "anonymous-access": { where: "nats.conf", lines: ["mqtt { tls { verify: true } }", "# or take no_auth_user away"] },
  "device-speaks-for-others": natsOwnRules,
  "device-speaks-for-collector": natsRules,
  "device-hears-others": natsOwnRules,
  "device-shut-out": natsRules,
  "device-takes-client-id": { where: "NATS has no rule for client ids; keep the listener to networks of your own", lines: [] },
  "small-payloads": { where: "nats.conf", lines: ["max_payload: 8MB"] },
  "samples-too-large": { where: "nats.conf", lines: ["max_payload: 8MB"] },
};

const emqxRules: Mend = {
  where: "acl.conf",
  lines: [
    '{allow, {username, "kedge.collector"}, all, ["kedge/1/#"]}.',
    '{allow, all, publish, ["kedge/1/+/${username}/birth", "kedge/1/+/${username}/death", "kedge/1/+/${username}/reported", "kedge/1/+/${username}/stats", "kedge/1/+/${username}/sample", "kedge/1/+/${username}/evt", "kedge/1/+/${username}/art/get"]}.',
    '{allow, all, subscribe, ["kedge/1/+/${username}/desired", "kedge/1/+/${username}/ack", "kedge/1/+/${username}/art/blk", "kedge/1/host/+"]}.',
    "{deny, all}.",
  ],
};
const emqx: Mends = {
  "anonymous-access": {
    where: "emqx.conf",
    lines: [
      "listeners.ssl.default.ssl_options.verify = verify_peer",
      "listeners.ssl.default.ssl_options.fail_if_no_peer_cert = true",
      "mqtt.peer_cert_as_username = cn",
    ],
  },
  "old-tls": { where: "emqx.conf", lines: ['listeners.ssl.default.ssl_options.versions = ["tlsv1.3", "tlsv1.2"]'] },
  "device-speaks-for-others": emqxRules,
  "device-speaks-for-collector": emqxRules,
  "device-hears-others": emqxRules,
  "device-shut-out": emqxRules,
  "device-takes-client-id": { where: "emqx.conf", lines: ["mqtt.peer_cert_as_clientid = cn"] },
  "small-payloads": { where: "emqx.conf", lines: ["mqtt.max_packet_size = 5MB"] },
  "samples-too-large": { where: "emqx.conf", lines: ["mqtt.max_packet_size = 5MB"] },
  "queue-drops-acknowledged": { where: "emqx.conf", lines: ["mqtt.max_mqueue_len = 100000"] },
};

const vernemqAcl: Mend = { where: "vmq.acl", lines: [...mosquittoAcl.lines] };
const vernemq: Mends = {
  "anonymous-access": {
    where: "vernemq.conf",
    lines: ["allow_anonymous = off", "listener.ssl.require_certificate = on", "listener.ssl.use_identity_as_username = on"],
  },
  "device-speaks-for-others": vernemqAcl,
  "device-speaks-for-collector": vernemqAcl,
  "device-hears-others": vernemqAcl,
  "device-shut-out": vernemqAcl,
  "small-payloads": { where: "vernemq.conf", lines: ["max_message_size = 4200000"] },
  "samples-too-large": { where: "vernemq.conf", lines: ["max_message_size = 4200000"] },
  "queue-drops-acknowledged": { where: "vernemq.conf", lines: ["max_offline_messages = 100000"] },
};

const awsPolicy: Mend = {
  where: "the AWS IoT policy of the devices' certificates",
  lines: ["see apps/docs/guide/brokers.md, AWS IoT Core: ${iot:Connection.Thing.ThingName} in every topic and in the client id"],
};
const awsIot: Mends = {
  "device-speaks-for-others": awsPolicy,
  "device-speaks-for-collector": awsPolicy,
  "device-hears-others": awsPolicy,
  "device-shut-out": awsPolicy,
  "device-takes-client-id": awsPolicy,
};

const byProduct: Readonly<Partial<Record<Product, Mends>>> = { mosquitto, rabbitmq, nats, emqx, vernemq, "aws-iot": awsIot };

/** The lines that mend a finding on a broker; `null` where we know none. */
export function mendOf(code: FindingCode, product: Product): Mend | null {
  return byProduct[product]?.[code] ?? null;
}
