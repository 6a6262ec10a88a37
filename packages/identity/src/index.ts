export { type Admission, admitEnrolment, type EnrolledDevice, type EnrolmentWish } from "./admit-enrolment.js";
export { type ApiTokenRecord, checkApiToken, createApiToken, hashApiToken, parseApiToken } from "./api-token.js";
export {
  collectorName,
  deviceCertificateLifeMs,
  deviceOfNames,
  deviceUri,
  normalSerial,
  renewalDueAtMs,
  renewalGraceMs,
  revocationCheck,
} from "./device-certificate.js";
export {
  checkEnrolmentToken,
  createEnrolmentToken,
  type EnrolmentGrant,
  type EnrolmentRecord,
  type EnrolmentToken,
  enrolmentTokenState,
  formatEnrolmentToken,
  maxTokenLifetimeMs,
  parseEnrolmentToken,
  type TokenSources,
} from "./enrolment-token.js";
export { type Denied, type IdentityErrorCode, identityErrors } from "./errors.js";
export { apiUsername, enrolClientId, enrolUsername, mayPublish, maySubscribe, nonceOfClientId, type Principal, type PublishPermission } from "./principal.js";
export { isRole, mayActAs, type Role, roles } from "./role.js";
export { hashSecret, newSecret, type SecretBytes, sameDigest } from "./secret.js";
