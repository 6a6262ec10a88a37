import { join } from "node:path";
import { become, prepare, root } from "./bootstrap.mjs";

await prepare();
become([join(root, "apps", "demo", "dist", "main.js"), ...process.argv.slice(2)]);
