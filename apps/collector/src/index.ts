/** Parts of the collector that benchmarks and tests of whole paths put together by themselves; the program is `main.ts`. */
export type { BrokerAccess } from "./broker/authenticate.js";
export { startBroker } from "./broker/broker.js";
export { defaultBrokerLimits } from "./broker/broker-limits.js";
export type { ProvenSocket } from "./broker/inlet.js";
export { type MqttFront, openFront } from "./broker/mqtt-front.js";
export { type DeviceRecord, collections } from "./collections.js";
export { FleetWatch } from "./drift/fleet-watch.js";
export { BundleShelf } from "./fleet/bundle-shelf.js";
export { IngestLoop } from "./ingest-loop.js";
