// How the portal is built, served while it is developed, and tested.
import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { catalogues } from "./scripts/catalogues.mjs";
import { serviceWorker } from "./scripts/service-worker.mjs";

const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as { version: string };
const server = process.env["LARES_URL"] ?? "http://127.0.0.1:8080";

/** React Aria brings its few words in thirty languages; the portal speaks two. */
const UNSPOKEN = /\/react-(?:aria|stately|aria-components)\/.*\/intl\/.*\/(?!en-US|de-DE)[a-z]{2}-[A-Z]{2}\.m?js$/;
const spokenLanguages: Plugin = {
  name: "spoken-languages",
  enforce: "pre",
  load: (id) => (UNSPOKEN.test(id) ? "export default {};" : null),
};

/** The font is named in a style sheet; said in the page itself, it comes along with it. */
const fontFirst: Plugin = {
  name: "font-first",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => file.endsWith(".woff2"))
        .map((file) => ({ tag: "link", attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${file}`, crossorigin: "" }, injectTo: "head" })),
  },
};

/** Each file costs a page the same again, however little is in it: small modules that most pages need come together. */
const groups = [
  { name: "frame", tags: ["$initial" as const], priority: 3 },
  { name: "kit", minShareCount: 8, priority: 2 },
  { name: "icons", test: /node_modules[\\/]lucide-react[\\/]/, priority: 1 },
];

export default defineConfig({
  plugins: [react(), catalogues(), spokenLanguages, fontFirst, serviceWorker()],
  // The host header stays the browser's, so the server's same-origin check passes.
  server: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  preview: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  define: { LARES_VERSION: JSON.stringify(manifest.version) },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    // The content policy allows no data: fonts or scripts, and hashed files cache better than inlined ones.
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
