/** Error codes of the command line itself; those of collectors come with their answers. */
export const cliCodes = {
  usage: "cli/usage",
  noCollector: "cli/no-collector",
  unknownContext: "cli/unknown-context",
  badConfig: "cli/bad-config",
  unreadable: "cli/file-unreadable",
  unwritable: "cli/file-unwritable",
  emptyToken: "cli/empty-token",
  badSchema: "cli/bad-schema",
  badRows: "cli/bad-rows",
  badSignature: "cli/bad-signature",
  badPreprocessing: "cli/bad-preprocessing",
  notConfirmed: "cli/not-confirmed",
  programMissing: "cli/program-missing",
} as const;
