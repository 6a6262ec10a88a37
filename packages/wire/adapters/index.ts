export { type LinkBounds, defaultLinkBounds } from "./link-desk.js";
export { MemoryBroker, type MemoryLinkOptions } from "./memory/memory-broker.js";
export { type MqttLinkOptions, openMqttLink } from "./mqtt/mqtt-link.js";
