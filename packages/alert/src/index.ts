export type { AlertChannel, OutgoingMessage, SendOutcome } from "./alert-channel.js";
export {
  type Attempted,
  afterAttempt,
  type Delivery,
  deliveryIdOf,
  deliveryWaitsMs,
  dueDeliveries,
  maxPendingPerSubscription,
  messageOfDelivery,
  newDelivery,
  nextDueAtMs,
  overflow,
  replayed,
} from "./delivery.js";
export { type AlertErrorCode, alertErrors } from "./errors.js";
export { type EventType, eventTypes, isEventType } from "./event-type.js";
export { type FollowContext, type Followed, followModel, type ModelLook, type ModelTick } from "./follow-model.js";
export {
  changeOf,
  fingerprint,
  type HistoryEntry,
  type Incident,
  type IncidentState,
  incidentLimits,
  incidentStates,
  incidentTitle,
  isActive,
  isOpen,
  peakScore,
  type Resolution,
} from "./incident.js";
export { type FirstSight, type IncidentEffect, type IncidentEvent, newIncident, stepIncident } from "./incident-machine.js";
export { defaultIncidentPolicy, type IncidentPolicy } from "./incident-policy.js";
export { type Envelope, envelopeOf, incidentFacts, incidentNotification, isoTime, type Notification } from "./notification.js";
export { maxBodyBytes, notificationBody, utf8Length } from "./notification-body.js";
export { type Route, type RouteContext, routeNotification } from "./route.js";
export { contains, inScope, type LabelsOf, type ScopedDevices } from "./scope-contains.js";
export { isSilencedBy, type Silence, type Silenceable, silenceState, silencing } from "./silence.js";
export { type ChannelChoice, matchesAll, matchesAny, type Subscription, wants } from "./subscription.js";
