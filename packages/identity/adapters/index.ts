export { certificateRequest } from "./certificate-request.js";
export { type CertificateContext, deviceOfCertificate } from "./client-certificate.js";
export { type DeviceIdentity, type GrantedIdentity, loadDeviceKey, loadIdentity, saveIdentity, type TrustedKey } from "./device-identity.js";
export { isP256, newDeviceKey } from "./device-key.js";
export { type EnrolLink, type EnrolOutcome, type EnrolRequest, enrol, newEnrolNonce } from "./enrol.js";
export { type FetchAuthorityOptions, type FetchedAuthority, fetchAuthority, pinOf } from "./fetch-authority.js";
export { makePrivateDirectory, readPrivateFile, writePrivateFile } from "./private-files.js";
export { secretBytes, sha256 } from "./randomness.js";
