import { serveLoad } from "./load.js";

await serveLoad();
