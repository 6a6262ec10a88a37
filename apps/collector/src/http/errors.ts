/** Error codes of the HTTP server's start; what requests are refused with is in @kedge/api. */
export const httpCodes = {
  portInUse: "collector/port-in-use",
  portForbidden: "collector/port-forbidden",
  addressUnavailable: "collector/address-unavailable",
  insecureHttp: "collector/insecure-http",
} as const;
