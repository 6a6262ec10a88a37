// The quick gate while developing: everything but the tests that start processes.
import { join } from "node:path";
import { become, prepare, root } from "./bootstrap.mjs";

await prepare();
become([join(root, "packages", "tooling", "bin", "test.mjs"), "--project=unit", "--project=architecture"]);
