// After the bundler: says what a first load of each page weighs, fails when one is over budget, and lays a .br and
// a .gz beside every file that gains by it, so that the server compresses nothing.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET_BYTES = 200 * 1024;
/** Shows every component at once, so it loads every one; nobody lives there. */
const UNBOUND = ["src/showcase/ShowcasePage.tsx"];
const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest|txt)$/;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

function closure(key, seen) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const inner of manifest[key].imports ?? []) closure(inner, seen);
  return seen;
}

function gzipped(keys) {
  const files = new Set([...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js")));
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
}

/** What everybody loads, whichever page comes first: the entry, one language, the frame around every page. */
function frame() {
  const seen = closure("index.html", new Set());
  const shell = Object.keys(manifest).find((key) => manifest[key].name === "shell");
  for (const key of ["src/i18n/de.ts", shell]) closure(key, seen);
  return seen;
}

/** These come with words of their own. */
const SELDOM = /^src\/(?:alarms|mailbox|oauth|people|profile|security|showcase|signin)\//;

function loadedWith(page) {
  const seen = closure(page, frame());
  if (page.startsWith("src/readings/")) return closure("src/i18n/de-readings.ts", seen);
  return SELDOM.test(page) ? closure("src/i18n/de-seldom.ts", seen) : seen;
}

const pages = Object.keys(manifest).filter((key) => /^src\/.*Page\.tsx$/.test(key));
const weights = pages.map((page) => [page, gzipped(loadedWith(page))]).toSorted((a, b) => b[1] - a[1]);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log(`first load, JavaScript gzipped: frame ${kib(gzipped(frame()))}`);
for (const [page, bytes] of weights) console.log(`  ${kib(bytes).padStart(10)}  ${page}`);
const over = weights.filter(([page, bytes]) => bytes > BUDGET_BYTES && !UNBOUND.includes(page));
for (const [page, bytes] of over) console.error(`${page}: ${kib(bytes)} is over the budget of ${kib(BUDGET_BYTES)}`);

rmSync(join(dist, ".vite"), { recursive: true });
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
}
if (over.length > 0) process.exit(1);
