// The pictures of the README: pages of a running demo, at desktop and phone size. Called by scripts/screenshots.sh.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const folder = process.argv[2] ?? "docs/images";
const demo = JSON.parse(readFileSync(process.env.DEMO, "utf8"));
const origin = `http://${demo.http}`;
const desktop = { viewport: { width: 1280, height: 860 } };
const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function ask(path) {
  const answer = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${demo.owner.token}` } });
  return answer.json();
}

const homes = (await ask("/api/homes")).items;
const home = homes.find((one) => one.name === "Lindenstrasse 12") ?? homes[0];
const lamp = (await ask("/api/iot/devices?search=Reading%20lamp")).items[0];
const shots = [
  { name: "home", path: `/homes/${home.id}`, view: desktop, scheme: "light" },
  { name: "device-dark", path: `/devices/${lamp.id}?range=7d`, view: desktop, scheme: "dark" },
  { name: "today-phone", path: "/", view: phone, scheme: "light" },
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
try {
  for (const { name, path, view, scheme } of shots) {
    const context = await browser.newContext({
      ...view,
      colorScheme: scheme,
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    await page.goto(`${origin}/signin`);
    await page.locator('input[type="email"]').fill(demo.owner.email);
    await page.locator('input[type="password"]').fill(demo.owner.password);
    await page.locator('button[type="submit"]').click();
    await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
    await page.goto(`${origin}${path}`);
    // Until nothing is still being drawn in its place.
    await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    console.log(join(folder, `${name}.png`));
    await context.close();
  }
} finally {
  await browser.close();
}
