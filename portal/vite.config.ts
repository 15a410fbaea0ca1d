// How the portal is built, served while it is developed, and tested.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { serviceWorker } from "./scripts/service-worker.mjs";

const server = process.env["LARES_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), serviceWorker()],
  // The host header stays the browser's, so the server's same-origin check passes.
  server: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  preview: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    // The content policy allows no data: fonts or scripts, and hashed files cache better than inlined ones.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
