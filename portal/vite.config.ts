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

/**
 * What every page asks for sooner or later is named in the page itself, and comes along with it: the font that a style
 * sheet names, and the code around every page, which the router would load.
 */
const KNOWN_EARLY: readonly [RegExp, Record<string, string>][] = [
  [/\.woff2$/, { rel: "preload", as: "font", type: "font/woff2", crossorigin: "" }],
  [/[\\/](?:kit|shell)-[^\\/]*\.js$/, { rel: "modulepreload", crossorigin: "" }],
];
const knownEarly: Plugin = {
  name: "known-early",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle }) =>
      KNOWN_EARLY.flatMap(([name, attrs]) =>
        Object.keys(bundle ?? {})
          .filter((file) => name.test(file))
          .map((file) => ({ tag: "link", attrs: { ...attrs, href: `/${file}` }, injectTo: "head" as const })),
      ),
  },
};

/** Each file costs a page the same again, however little is in it: small modules that several pages need come together. */
const SMALL = /[\\/]lucide-react[\\/]|[\\/]portal[\\/]src[\\/](?!chart|onboarding|i18n|readings)/;
/** What the pages of the account share, which most days nobody opens. */
const SELDOM = /[\\/]src[\\/](?:(?:alarms|mailbox|oauth|passkey|people|profile|security|signin)[\\/]|stepup[\\/](?:StepUpDialog|ways)|api[\\/](?:account|factors|mails|oauth|people|tokens)\.)/;
/** What these bring along is not small. */
const HEAVY = /[\\/]src[\\/](?:ui[\\/](?:AriaLocale|DialogFrame|Form|form-errors|MenuPopover|NumberField|QrCode|Slider|Table|TileGrid)|api[\\/]bodies)\./;
const groups = [
  { name: "frame", tags: ["$initial" as const], priority: 3 },
  { name: "kit", minShareCount: 3, test: (id: string) => SMALL.test(id) && !HEAVY.test(id) && !SELDOM.test(id), priority: 2 },
  { name: "account", minShareCount: 3, test: (id: string) => SELDOM.test(id) && !HEAVY.test(id), priority: 2 },
  { name: "shell", test: /[\\/]src[\\/]app[\\/]Shell\./, priority: 1 },
];

export default defineConfig({
  plugins: [react(), catalogues(), spokenLanguages, knownEarly, serviceWorker()],
  // The host header stays the browser's, so the server's same-origin check passes.
  server: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  preview: { proxy: { "/api": { target: server, ws: true, secure: false } } },
  define: { LARES_VERSION: JSON.stringify(manifest.version) },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    // All of it is smaller than what a page pays for the many files that it would be in.
    cssCodeSplit: false,
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
