// Whoever reads in imperial units sees them wherever a value stands, sets whole degrees Fahrenheit, and saves what was
// measured.
import { readFileSync } from "node:fs";
import type { BrowserContext } from "@playwright/test";
import { expect, type House, isLive, test } from "./house";

interface Device {
  id: string;
  name: string;
  home: string;
}

async function readIn(context: BrowserContext, { url }: House, units: "metric" | "imperial"): Promise<void> {
  const changed = await context.request.patch(`${url}/api/auth/profile`, { data: { units }, headers: { origin: url } });
  expect(changed.ok(), await changed.text()).toBe(true);
}

async function thermostat(context: BrowserContext, { url }: House): Promise<Device> {
  const listed = (await (await context.request.get(`${url}/api/iot/devices?limit=200`)).json()) as { items: (Device & { endpoints: { capabilities: string[] }[] })[] };
  const found = listed.items.find(({ endpoints }) => endpoints.some(({ capabilities }) => capabilities.includes("Thermostat")));
  expect(found, "a thermostat in the demo").toBeDefined();
  return found as Device;
}

/** What the device says is set, in its own degrees. */
async function setPoint(context: BrowserContext, { url }: House, id: string): Promise<number> {
  const state = (await (await context.request.get(`${url}/api/iot/devices/${id}/state`)).json()) as { attributes: { attribute: string; value: number }[] };
  return state.attributes.find(({ attribute }) => attribute === "Thermostat.OccupiedHeatingSetpoint")?.value ?? Number.NaN;
}

test("units are chosen in the profile, and hold everywhere", async ({ signedIn: page, context, house }) => {
  const device = await thermostat(context, house);
  await page.goto("/settings/profile");
  await isLive(page);
  await page.getByLabel("Units").selectOption({ label: "Imperial (°F, gallons)" });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();

  await page.goto(`/homes/${device.home}`);
  await isLive(page);
  await expect(page.getByText(/\d\s°F/).first()).toBeVisible();
  await expect(page.getByText(/\d\s°C/)).toHaveCount(0);

  await page.goto(`/devices/${device.id}?attribute=1/Thermostat.LocalTemperature`);
  await isLive(page);
  await expect(page.getByText("Files in °C, as measured")).toBeVisible();
  await expect(page.getByText(/\d\s°C/)).toHaveCount(0);
  const dial = page.getByRole("group", { name: "Heat to" });
  const before = Number.parseInt((await dial.getByRole("status").textContent()) ?? "", 10);
  await dial.getByRole("button", { name: "More: Heat to" }).click();
  await expect(dial.getByRole("status")).toHaveText(new RegExp(`^${before + 1}\\s?°F$`));
  await expect(page.getByText(new RegExp(`Done.*${before + 1}\\s°F`)).first()).toBeVisible();
  const set = await setPoint(context, house, device.id);
  expect(set * 2).toBe(Math.round(set * 2));
  expect(Math.round(set * 1.8 + 32)).toBe(before + 1);

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const lines = readFileSync(await (await saved).path(), "utf8").trim().split("\r\n");
  expect(lines[1]).toContain(",degC,");

  await readIn(context, house, "metric");
});
