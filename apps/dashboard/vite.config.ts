import { defineConfig } from "vite";

/** Hashed assets beside index.html; nothing inline, since the collector serves a strict content security policy. */
export default defineConfig({
  base: "/",
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 800 },
});
