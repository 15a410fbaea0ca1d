// Readings that people change: imported with one bad row, corrected, removed after a question; states compared as bands.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, type House, isLive, press, test } from "./house";

const POWER = "ElectricalPowerMeasurement.ActivePower";
const LOCK = "DoorLock.LockState";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WIDTHS = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

async function register({ url, demo }: House, name: string, capability: string): Promise<string> {
  const headers = { authorization: `Bearer ${demo.owner.token}`, "content-type": "application/json" };
  const body = { home: demo.homes[0], name, endpoints: [{ endpoint: 1, capabilities: [capability] }] };
  const made = await fetch(`${url}/api/iot/devices/register`, { method: "POST", headers, body: JSON.stringify(body) });
  return ((await made.json()) as { id: string }).id;
}

async function importRows({ url, demo }: House, device: string, rows: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${demo.owner.token}`, "content-type": "text/csv" };
  const body = ["time,endpoint,attribute,value", ...rows].join("\n");
  const report = await fetch(`${url}/api/iot/devices/${device}/readings/import`, { method: "POST", headers, body });
  expect(((await report.json()) as { accepted: number }).accepted).toBe(rows.length);
}

/** A minute of yesterday, so that nothing of it lies ahead. */
function minute(nth: number): string {
  return new Date(Math.floor(Date.now() / HOUR) * HOUR - 20 * HOUR + nth * MINUTE).toISOString();
}

async function expectSound(page: Page): Promise<void> {
  const found: string[] = [];
  for (const size of WIDTHS) {
    await page.setViewportSize(size);
    const { violations } = await new AxeBuilder({ page }).analyze();
    found.push(...violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${size.width}: ${id} (${nodes.map((node) => node.target.join(" ")).join(", ")})`));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) found.push(`${size.width}: wider than the window by ${wide} px`);
  }
  expect(found).toEqual([]);
}

test.describe("readings of a device", () => {
  // Half-way through an animation nothing has its colour yet.
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("are imported with a bad row told by its line, corrected, and removed", async ({ house, signedIn: page }) => {
    const plug = await register(house, "Readings plug", "ElectricalPowerMeasurement");
    await page.goto(`/devices/${plug}`);
    await isLive(page);
    await page.getByRole("link", { name: "Import readings" }).click();
    await expect(page.getByRole("heading", { name: "Readings of Readings plug", level: 1 })).toBeVisible();
    await expect(page.getByText("No readings are kept.")).toBeVisible();

    // A blank line, lines ended as Windows ends them, a word where a number belongs, and a cell too many.
    const rows = Array.from({ length: 40 }, (_, nth) => `${minute(nth)},1,${POWER},${100 + nth}`);
    const file = ["time,endpoint,attribute,value,unit", ...rows.slice(0, 2).map((row) => `${row},W`), "", `${minute(50)},1,${POWER},warm,W`, `${minute(51)},1,${POWER},21,5,W`, ...rows.slice(2).map((row) => `${row},W`)].join("\r\n");
    await page.locator("input[type=file]").setInputFiles({ name: "power.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
    const preview = page.getByRole("table", { name: "Preview" });
    await expect(preview.getByRole("row")).toHaveCount(9);
    await expect(preview.getByRole("row").nth(3)).toContainText("warm");
    await expect(page.getByText("1 row will be refused")).toBeVisible();
    await expect(page.getByText("Not read: unit.")).toBeVisible();
    await expectSound(page);
    await page.getByRole("button", { name: "Import 41 rows" }).click();

    await expect(page.getByText("40 taken, 2 refused")).toBeVisible();
    const report = page.getByRole("table", { name: "Report" });
    await expect(report.getByRole("row")).toHaveCount(3);
    await expect(report.getByRole("row").nth(1)).toContainText(/^5\s*Value: must be a number from/);
    await expect(report.getByRole("row").nth(2)).toContainText(/^6\s*Row: has 6 cells where the heading has 5/);
    await expectSound(page);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const lines = readFileSync(await (await saved).path(), "utf8").trim().split("\r\n");
    expect(lines[0]).toBe("time,endpoint,attribute,value,line,reason");
    expect(lines[1]).toContain(`,1,${POWER},warm,5,`);

    // Left and found again, as long as the page is open.
    await page.getByRole("tab", { name: "Correct" }).click();
    await page.getByRole("tab", { name: "Import" }).click();
    await expect(page.getByText("40 taken, 2 refused")).toBeVisible();
    await page.getByRole("link", { name: "To the device" }).click();
    await expect(page.getByRole("application").locator("canvas")).toBeVisible();

    await page.getByRole("button", { name: "Change readings" }).click();
    await page.getByRole("menuitem", { name: "Correct a reading" }).click();
    await expect(page.getByText("40 readings kept")).toBeVisible();
    await page.getByRole("button", { name: /^Correct 139\sW of / }).click();
    const dialog = page.getByRole("dialog", { name: "Correct a reading" });
    await expect(dialog.getByText("139 W")).toBeVisible();
    await dialog.getByLabel("It should say, in W").fill("14");
    await dialog.getByRole("button", { name: "Correct" }).click();
    await expect(dialog.getByLabel("Why")).toBeFocused();
    await dialog.getByLabel("Why").fill("The meter slipped");
    await expectSound(page);
    await dialog.getByRole("button", { name: "Correct" }).click();
    await expect(page.getByText("139 W was corrected to 14 W")).toBeVisible();
    const list = page.getByRole("table", { name: "Readings" });
    await expect(list.getByRole("row").nth(1)).toContainText("14 W");
    await page.getByRole("button", { name: "Show what was known before" }).click();
    await expect(list.getByRole("row").nth(1)).toContainText("139 W");
    await expect(page.getByRole("button", { name: /^Correct / })).toHaveCount(0);
    await page.getByRole("button", { name: "Show what is known now" }).click();
    await expect(list.getByRole("row").nth(1)).toContainText("14 W");
    await expectSound(page);

    await page.getByRole("tab", { name: "Remove" }).click();
    await press(page.getByRole("radio", { name: "All time" }));
    await expect(page.getByRole("heading", { name: "40 readings would go" })).toBeVisible();
    await expectSound(page);
    await page.getByRole("button", { name: "Remove…" }).click();
    const question = page.getByRole("alertdialog", { name: "Remove 40 readings?" });
    await question.getByLabel("Type “Readings plug” to go on").fill("Reading plug");
    await question.getByRole("button", { name: "Remove 40 readings" }).click();
    await expect(question.getByText("That is another name")).toBeVisible();
    await question.getByLabel("Type “Readings plug” to go on").fill("Readings plug");
    await question.getByRole("button", { name: "Remove 40 readings" }).click();
    await expect(page.getByText("40 readings were removed")).toBeVisible();
    await expect(page.getByText("No readings are kept.")).toBeVisible();
  });

  test("are not offered to be changed to who may not", async ({ house, signedIn: page, context }) => {
    const plug = await register(house, "Guarded plug", "ElectricalPowerMeasurement");
    await importRows(house, plug, [`${minute(0)},1,${POWER},5`]);
    // The page as a viewer has it; that the server refuses them is the server's own test.
    const profile = `${house.url}/api/auth/profile`;
    const real = (await (await context.request.get(profile)).json()) as { memberships: { role: string }[] };
    await page.route(profile, (route) => route.fulfill({ json: { ...real, memberships: real.memberships.map((one) => ({ ...one, role: "viewer" })) } }));
    await page.goto(`/devices/${plug}/readings`);
    await expect(page.getByText("You may look at readings and not change them")).toBeVisible();
    await page.goto(`/devices/${plug}?attribute=1/${POWER}`);
    await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Change readings" })).toHaveCount(0);
  });

  test("of a lock are bands, beside those of another one and of the time before", async ({ house, signedIn: page }) => {
    const front = await register(house, "Compared front", "DoorLock");
    const back = await register(house, "Compared back", "DoorLock");
    const told = (values: readonly [number, string][]) => values.map(([nth, value]) => `${minute(nth)},1,${LOCK},${value}`);
    await importRows(house, front, told([[0, "Locked"], [300, "Unlocked"], [540, "Locked"]]));
    await importRows(house, back, told([[0, "Unlocked"], [600, "Locked"]]));
    await page.goto(`/devices/${front}?attribute=1/${LOCK}`);
    await isLive(page);
    await page.getByRole("combobox", { name: "Compare with" }).selectOption({ label: "Compared back" });
    await expect(page.getByRole("img", { name: /Compared front/ })).toContainText("Unlocked");
    await expect(page.getByRole("img", { name: /Compared back/ })).toContainText("Unlocked");
    await page.getByText("Show as a table").click();
    await expect(page.getByRole("columnheader", { name: "Compared back" })).toBeVisible();
    await expect(page.getByRole("row", { name: /Unlocked Unlocked 4 h/ })).toBeVisible();
    await expectSound(page);
    await page.getByRole("combobox", { name: "Compare with" }).selectOption({ label: "The time before" });
    await expect(page.getByRole("img", { name: /This time/ })).toBeVisible();
    await expect(page.getByRole("img", { name: /The time before/ })).toBeVisible();
    await expect(page).toHaveURL(/compare=previous/);
  });
});

test("a page is found by what it is about", async ({ signedIn: page }) => {
  await page.goto("/");
  await isLive(page);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("searchbox", { name: "Search and commands" })).toBeFocused();
  await page.keyboard.type("energy");
  await expect(page.getByRole("menuitem", { name: /^Insights/ })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: /^Charts of Lindenstrasse 12/ })).toBeVisible();
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });
  test("a page is found by what it is about, too", async ({ signedIn: page }) => {
    await page.goto("/");
    await isLive(page);
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("searchbox", { name: "Suche und Befehle" })).toBeFocused();
    await page.keyboard.type("messwerte");
    await page.getByRole("menuitem", { name: /^Speicher/ }).click();
    await expect(page.getByRole("heading", { name: "Speicher", level: 1 })).toBeVisible();
  });
});
