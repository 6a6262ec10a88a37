export { certificateRequest } from "./certificate-request.js";
export { type CertificateContext, deviceOfCertificate } from "./client-certificate.js";
export { BrokeredLink, type BrokeredLinkOptions } from "./brokered-link.js";
export {
  type DeviceIdentity,
  type GrantedIdentity,
  type IdentityBroker,
  loadDeviceKey,
  loadIdentity,
  saveIdentity,
  type TrustedKey,
} from "./device-identity.js";
export { isP256, loadOrCreateKey, newDeviceKey } from "./device-key.js";
export { type EnrolLink, type EnrolOutcome, type EnrolRequest, enrol, newEnrolNonce } from "./enrol.js";
export { type FetchAuthorityOptions, type FetchedAuthority, fetchAuthority, pinOf } from "./fetch-authority.js";
export { makePrivateDirectory, readPrivateFile, writePrivateFile } from "./private-files.js";
export { type Seal, sealBytes, sealBetween } from "./seal.js";
export { secretBytes, sha256 } from "./randomness.js";
