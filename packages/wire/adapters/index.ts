export { type FileOutboxOptions, openFileOutbox } from "./file-outbox/file-outbox.js";
export { defaultLinkBounds, type LinkBounds } from "./link-desk.js";
export { MemoryBroker, type MemoryLinkOptions } from "./memory/memory-broker.js";
export { MemoryOutbox, type MemoryOutboxOptions } from "./memory/memory-outbox.js";
export { type MqttLink, type MqttLinkOptions, openMqttLink } from "./mqtt/mqtt-link.js";
export { type ReportDeps, ReportLoop } from "./report-loop/report-loop.js";
