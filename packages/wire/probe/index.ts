export type { Capabilities, ConnectionCapabilities, DeliveryCapabilities, RuleCapabilities, SharingCapabilities } from "./capabilities.js";
export { type Finding, type FindingCode, findingCodes, type Severity } from "./findings.js";
export { newNonce } from "./look.js";
export { admitsStrangers, type ProbeReport, probeBroker } from "./probe-broker.js";
export type { ProbeOptions, ProbeTarget, ProbeUser } from "./probe-options.js";
export { type Product, products } from "./products.js";
