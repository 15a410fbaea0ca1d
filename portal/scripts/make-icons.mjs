// Draws the icons of the installed portal from public/icon.svg. Run by hand after the mark has changed:
// node scripts/make-icons.mjs (CHROMIUM names another browser than /usr/bin/chromium).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const folder = new URL("../public/", import.meta.url);
const mark = readFileSync(new URL("icon.svg", folder), "utf8");
const GROUND = "#1f5f5b";

// A launcher may cut a maskable icon to a circle: the mark stays within the inner four fifths, on a full ground.
const ICONS = [
  { file: "icon-192.png", size: 192, share: 1, ground: "transparent" },
  { file: "icon-512.png", size: 512, share: 1, ground: "transparent" },
  { file: "icon-maskable-512.png", size: 512, share: 0.8, ground: GROUND },
  { file: "apple-touch-icon.png", size: 180, share: 0.88, ground: GROUND },
];

const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const { file, size, share, ground } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const inner = Math.round(size * share);
  await page.setContent(`<style>html,body{margin:0;height:100%;background:${ground}}body{display:grid;place-items:center}
    svg{width:${inner}px;height:${inner}px}</style>${mark}`);
  await page.screenshot({ path: fileURLToPath(new URL(file, folder)), omitBackground: true });
  await page.close();
}
await browser.close();
