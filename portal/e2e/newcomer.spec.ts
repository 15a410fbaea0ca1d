// The first visit of somebody who has read the README and nothing else: the address and password that the terminal
// prints, a lamp switched, the energy of a plug yesterday, and a device added with the commands that the page offers.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { expect, type House, openHouse, press, signIn, test as base } from "./house";

const shell = promisify(execFile);
const python = resolve(import.meta.dirname, "../..", process.env["LARES_TEST_VENV"] ?? "target/test-venv", "bin/python");

/** A house with a past, as `make run` starts it, only shorter. */
const test = base.extend<object, { house: House }>({
  house: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const house = await openHouse({ history: 3 });
      await use(house);
      await house.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

/** Signs in with what stands on the terminal. */
async function comeIn(page: Page, house: House): Promise<void> {
  const told = /portal\s+(\S+)\s+sign in\s+(\S+)\s+(\S+)/.exec(house.printed());
  const [, address = "", email = "", password = ""] = told ?? [];
  await page.goto(address);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Today", level: 1 })).toBeVisible();
}

async function openLamp(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Homes", exact: true }).first().click();
  await page.getByRole("main").getByRole("link", { name: /Lindenstrasse 12/ }).click();
  await page.getByRole("link", { name: /^Reading lamp/ }).first().click();
  await expect(page.getByRole("heading", { name: "Reading lamp", level: 1 })).toBeVisible();
}

/** What a snippet says, as its copy button would take it. */
async function snippet(page: Page, tab: string): Promise<string> {
  await page.getByRole("tab", { name: tab, exact: true }).click();
  return (await page.getByRole("tabpanel").locator("pre").textContent()) ?? "";
}

for (const { size, viewport, colorScheme } of [
  { size: "a desk", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { size: "a phone", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
] as const) {
  test.describe(`on ${size}`, () => {
    test.use({ viewport, colorScheme });

    test("switch a lamp, read yesterday's energy, add a device", async ({ page, house }) => {
      await comeIn(page, house);
      await openLamp(page);
      const lamp = page.getByRole("switch").first();
      const was = await lamp.isChecked();
      await press(lamp);
      await expect(page.getByText(`Done: ${was ? "Off" : "On"}`)).toBeVisible();
      await expect(lamp).toBeChecked({ checked: !was });

      const energy = page.getByRole("region", { name: "Energy used" });
      await expect(energy.getByText("Yesterday", { exact: true })).toBeVisible();
      await expect(energy.locator("dd").nth(1)).toHaveText(/^[\d.,]+\s(k?Wh)$/);

      await page.getByRole("link", { name: "Today", exact: true }).first().click();
      await page.getByRole("link", { name: "Add a device" }).click();
      await page.getByLabel("Name", { exact: true }).fill(`Lamp on ${size}`);
      await page.getByLabel("Home", { exact: true }).selectOption({ label: "Lindenstrasse 12" });
      await page.getByRole("button", { name: "Register" }).click();
      await expect(page.getByText(`Waiting for Lamp on ${size}`)).toBeVisible();
      await playFromTheTerminal(page, `Lamp on ${size}`);
    });
  });
}

/** With what the page shows and nothing else: one report, then the program that stays and can be switched. */
async function playFromTheTerminal(page: Page, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lares-newcomer-"));
  let program: ChildProcess | undefined;
  try {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Server's authority" }).click();
    const authority = await saved;
    await authority.saveAs(join(folder, authority.suggestedFilename()));
    await shell("sh", ["-c", await snippet(page, "Report")], { cwd: folder, timeout: 20_000 });
    await expect(page.getByText(`${name} has reported, and is not connected now.`)).toBeVisible();

    writeFileSync(join(folder, "device.py"), await snippet(page, "Python"));
    program = spawn(python, ["device.py"], { cwd: folder, stdio: "inherit" });
    await expect(page.getByText(`There it is: ${name} is online.`)).toBeVisible();
    await page.getByRole("link", { name: `Open ${name}` }).click();
    const plug = page.getByRole("switch").first();
    await expect(plug).toBeChecked();
    await press(plug);
    await expect(page.getByText("Done: Off")).toBeVisible();
    await expect(plug).not.toBeChecked();
  } finally {
    program?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Reading {
  time: string;
  value: number;
}

const ENERGY = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const DAY_MS = 86_400_000;

test("yesterday's energy is what the plug's counter rose by from midnight to midnight", async ({ page, context, house }) => {
  await signIn(context, house);
  const ask = async <T>(path: string) => ((await (await context.request.get(`${house.url}${path}`)).json()) as { items: T[] }).items;
  const [fridge] = await ask<{ id: string }>("/api/iot/devices?search=Fridge");
  const id = fridge?.id ?? "";
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin" });
  const yesterday = day.format(Date.now() - DAY_MS);
  const query = new URLSearchParams({ attribute: ENERGY, from: new Date(Date.now() - 3 * DAY_MS).toISOString(), order: "oldest_first", limit: "1000" });
  const readings = await ask<Reading>(`/api/iot/devices/${id}/readings?${query}`);
  // The counter as each day began: its newest value until then.
  const atTheEndOf = (wanted: (date: string) => boolean) => readings.filter(({ time }) => wanted(day.format(Date.parse(time) - 1))).at(-1)?.value ?? Number.NaN;
  const used = atTheEndOf((date) => date <= yesterday) - atTheEndOf((date) => date < yesterday);
  expect(used, "what the API has of yesterday").toBeGreaterThan(0);

  await page.goto(`/devices/${id}`);
  const figure = page.getByRole("region", { name: "Energy used" }).locator("dd").nth(1);
  await expect(figure).toHaveText(/Wh$/);
  const [, number = "", unit] = /^([\d.,]+)\s(k?)Wh$/.exec((await figure.textContent()) ?? "") ?? [];
  const shown = Number(number.replaceAll(",", "")) * (unit === "k" ? 1_000 : 1);
  expect(Math.abs(shown - used) / used, `${shown} Wh on the page, ${used} Wh by the API`).toBeLessThan(0.02);
});
