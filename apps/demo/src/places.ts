import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The images. */
export const dataDir = fileURLToPath(new URL("../data", import.meta.url));
/** Where runs leave what later runs use again. */
export const keptDir = join(fileURLToPath(new URL("../../..", import.meta.url)), ".kedge");
