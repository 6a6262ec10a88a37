import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const shared = { root, environment: "node" as const };

/** Tests run on the sources of every package (condition "source"): nothing need be built. */
export default defineConfig({
  root,
  resolve: { conditions: ["source"] },
  // Not "import": Node would take it for what CommonJS requires, too.
  ssr: { resolve: { conditions: ["source", "node"] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "unit",
          testTimeout: 30_000,
          include: ["packages/**/*.test.ts", "apps/*/src/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
        },
      },
      { extends: true, test: { ...shared, name: "architecture", testTimeout: 30_000, include: ["test/architecture/**/*.test.ts"] } },
      // Short seeded forms of the benchmarks' simulations.
      { extends: true, test: { ...shared, name: "bench", testTimeout: 60_000, include: ["test/bench/**/*.test.ts"] } },
      { extends: true, test: { ...shared, name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      { extends: true, test: { ...shared, name: "fault", include: ["test/fault/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 60_000 } },
      { extends: true, test: { ...shared, name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 240_000, hookTimeout: 240_000 } },
    ],
  },
});
