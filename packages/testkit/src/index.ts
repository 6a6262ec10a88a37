export { countVector, deviceId, labels, nastyFloat, nastyFloats } from "./arbitraries.js";
export { type ManualClock, manualClock } from "./manual-clock.js";
export { abruptStream, autoregressiveStream, bernoulli, type Draw, gaussian } from "./streams.js";
