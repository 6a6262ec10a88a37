export { Authority, type IssuedCertificate, openAuthority, type ReadRequest } from "./authority.js";
export type { ServerCredentials } from "./server-certificate.js";
