// Lighthouse on the main pages, signed in: the first visit, with nothing kept, as Lighthouse measures by itself, and a
// later one, with what the service worker keeps. Called by scripts/lighthouse.sh, which says where Lighthouse and the
// demo are.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const PORT = 9333;
const LEAST = { performance: 90, accessibility: 100, "best-practices": 100 };
/** A single run says little, as Lighthouse itself warns: the run with the middle performance counts. */
const RUNS = 3;

const { default: lighthouse } = await import(process.env.LIGHTHOUSE);
const demo = JSON.parse(readFileSync(process.env.DEMO, "utf8"));
const origin = `http://${demo.http}`;

async function firstDevice() {
  const answer = await fetch(`${origin}/api/iot/devices?home=${demo.homes[0]}&search=lamp`, {
    headers: { authorization: `Bearer ${demo.owner.token}` },
  });
  return (await answer.json()).items[0].id;
}

const percent = ({ score }) => Math.round(score * 100);

async function audit(url, keepsFiles) {
  const options = { port: PORT, disableStorageReset: keepsFiles, onlyCategories: Object.keys(LEAST), logLevel: "error" };
  return (await lighthouse(url, options)).lhr;
}

/** Says what keeps a page under a bar; whether there is one. */
function tellFaults({ categories, audits }) {
  const under = Object.keys(LEAST).filter((key) => percent(categories[key]) < LEAST[key]);
  for (const key of under) {
    for (const { id, weight } of categories[key].auditRefs) {
      const { score, title, displayValue = "" } = audits[id];
      if (weight > 0 && score !== null && score < 1) console.log(`  ${key}: ${title} ${displayValue}`);
    }
  }
  return under.length > 0;
}

const profile = mkdtempSync(join(tmpdir(), "lares-lighthouse-"));

/**
 * A browser for each audit, as Lighthouse starts one by itself: in one that has shown other pages, its profiler first
 * walks through all that they left in memory, and that is charged to the page.
 */
async function inBrowser(work) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", `--remote-debugging-port=${PORT}`],
  });
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

async function signIn(context) {
  const page = await context.newPage();
  await page.goto(`${origin}/signin`);
  await page.locator('input[type="email"]').fill(demo.owner.email);
  await page.locator('input[type="password"]').fill(demo.owner.password);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
  return context.cookies();
}

/** Somebody who is signed in, or with no cookies nobody. */
async function be(context, cookies) {
  await context.clearCookies();
  await context.addCookies(cookies);
}

/** Until the service worker keeps the page's files. */
async function visit(context, url, cookies) {
  await be(context, cookies);
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "networkidle" });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload({ waitUntil: "networkidle" });
}

async function auditAll(url, keepsFiles, cookies) {
  if (keepsFiles) await inBrowser((context) => visit(context, url, cookies));
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    const result = await inBrowser(async (context) => {
      await be(context, cookies);
      return audit(url, keepsFiles);
    });
    runs.push(result);
  }
  return runs;
}

let failed = false;
try {
  const cookies = await inBrowser(signIn);
  const paths = {
    "sign in": "/signin",
    Today: "/",
    Homes: "/homes",
    "a home": `/homes/${demo.homes[0]}`,
    "a device": `/devices/${await firstDevice()}`,
    Events: "/events",
    Devices: "/devices",
    Settings: "/settings",
  };
  console.log(`page | visit | performance (median of ${RUNS}) | accessibility | best practices`);
  let index = 0;
  for (const keepsFiles of [false, true]) {
    for (const [name, path] of Object.entries(paths)) {
      const runs = await auditAll(`${origin}${path}`, keepsFiles, path === "/signin" ? [] : cookies);
      const inTurn = runs.map(({ categories }) => percent(categories.performance)).join(", ");
      const middle = runs.toSorted((a, b) => a.categories.performance.score - b.categories.performance.score)[Math.floor(RUNS / 2)];
      index = middle.environment.benchmarkIndex;
      const [performance, ...others] = Object.keys(LEAST).map((key) => percent(middle.categories[key]));
      console.log(`${name} | ${keepsFiles ? "later" : "first"} | ${performance} (${inTurn}) | ${others.join(" | ")}`);
      failed = tellFaults(middle) || failed;
    }
  }
  // Lighthouse slows the processor down by four whatever it is: on a slow machine it imitates a slower phone.
  console.log(`Lighthouse's benchmark index of this machine: ${Math.round(index)}`);
} finally {
  rmSync(profile, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
