// Lighthouse on the main pages: signs in through the page itself, then audits each page in that browser. Called by
// scripts/lighthouse.sh, which says where Lighthouse and the demo are.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const PORT = 9333;
const LEAST = { performance: 90, accessibility: 100, "best-practices": 100 };

const { default: lighthouse } = await import(process.env.LIGHTHOUSE);
const demo = JSON.parse(readFileSync(process.env.DEMO, "utf8"));
const origin = `http://${demo.http}`;

async function firstDevice() {
  const answer = await fetch(`${origin}/api/iot/devices?home=${demo.homes[0]}&search=lamp`, {
    headers: { authorization: `Bearer ${demo.owner.token}` },
  });
  return (await answer.json()).items[0].id;
}

const profile = mkdtempSync(join(tmpdir(), "lares-lighthouse-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", `--remote-debugging-port=${PORT}`],
});
let failed = false;
try {
  const page = await context.newPage();
  await page.goto(`${origin}/signin`);
  await page.locator('input[type="email"]').fill(demo.owner.email);
  await page.locator('input[type="password"]').fill(demo.owner.password);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
  await page.close();
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
  console.log("page | performance | accessibility | best practices");
  let index = 0;
  for (const [name, path] of Object.entries(paths)) {
    const result = await lighthouse(`${origin}${path}`, {
      port: PORT,
      disableStorageReset: true,
      onlyCategories: Object.keys(LEAST),
      logLevel: "error",
    });
    const scores = Object.keys(LEAST).map((key) => Math.round(result.lhr.categories[key].score * 100));
    index = result.lhr.environment.benchmarkIndex;
    console.log(`${name} | ${scores.join(" | ")}`);
    for (const [place, key] of Object.keys(LEAST).entries()) {
      if (scores[place] >= LEAST[key]) continue;
      failed = true;
      for (const { id, weight } of result.lhr.categories[key].auditRefs) {
        const audit = result.lhr.audits[id];
        if (weight > 0 && audit.score !== null && audit.score < 1) {
          console.log(`  ${key}: ${audit.title} ${audit.displayValue ?? ""}`);
        }
      }
    }
  }
  // Lighthouse slows the processor down by four whatever it is: on a slow machine it imitates a slower phone.
  console.log(`Lighthouse's benchmark index of this machine: ${Math.round(index)}`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
