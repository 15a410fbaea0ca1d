// Charts in a real browser: zoomed by mouse and keys, compared, saved as a file; what is stored, and for how long.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, type House, isLive, press, test } from "./house";

const POWER = "ElectricalPowerMeasurement.ActivePower";
const MINUTE = 60_000;

/** A plug with two days of readings by the minute, six hours of them missing. */
async function plugWithPast({ url, demo }: House, name: string, factor: number): Promise<string> {
  const headers = { authorization: `Bearer ${demo.owner.token}` };
  const body = { home: demo.homes[0], name, endpoints: [{ endpoint: 1, capabilities: ["ElectricalPowerMeasurement"] }] };
  const made = await fetch(`${url}/api/iot/devices/register`, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) });
  const { id } = (await made.json()) as { id: string };
  const start = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * 24 * 60 * MINUTE;
  const rows = Array.from({ length: 2 * 24 * 60 - 5 }, (_, minute) => minute)
    .filter((minute) => minute < 1_800 || minute > 2_160)
    .map((minute) => `${new Date(start + minute * MINUTE).toISOString()},1,${POWER},${((minute % 240) + 20) * factor}`);
  const csv = ["time,endpoint,attribute,value", ...rows].join("\n");
  const imported = await fetch(`${url}/api/iot/devices/${id}/readings/import`, { method: "POST", headers: { ...headers, "content-type": "text/csv" }, body: csv });
  expect(((await imported.json()) as { accepted: number }).accepted).toBe(rows.length);
  return id;
}

function spanOf(page: Page): number {
  const [from = 0, until = 0] = (new URL(page.url()).searchParams.get("range") ?? "").replaceAll('"', "").split("..").map(Number);
  return until - from;
}

test.describe("the chart of a device", () => {
  let plug = "";
  test.beforeEach(async ({ house, signedIn: page }) => {
    plug ||= await plugWithPast(house, "Past plug", 1);
    await page.goto(`/devices/${plug}?attribute=1/${POWER}`);
    await isLive(page);
    await page.getByRole("application").locator("canvas").waitFor();
  });

  test("is zoomed by drag, wheel and keys, and goes back to now", async ({ signedIn: page }) => {
    const chart = page.getByRole("application");
    const box = await chart.boundingBox();
    if (box === null) throw new Error("the chart is not seen");
    const [y, left, width] = [box.y + 100, box.x + 80, box.width - 100];
    await page.mouse.move(left + width * 0.25, y);
    await page.mouse.down();
    await page.mouse.move(left + width * 0.75, y, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => spanOf(page)).toBeGreaterThan(10 * 60 * MINUTE);
    const dragged = spanOf(page);
    expect(dragged).toBeLessThan(14 * 60 * MINUTE);
    await page.mouse.move(left + width / 2, y);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -240);
    await page.keyboard.up("Control");
    await expect.poll(() => spanOf(page)).toBeLessThan(dragged * 0.6);
    await chart.focus();
    await expect(chart).toHaveAccessibleDescription(/Arrow keys move along time/);
    const wheeled = spanOf(page);
    await page.keyboard.press("-");
    await expect.poll(() => spanOf(page)).toBeGreaterThan(wheeled * 1.8);
    const before = page.url();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.url()).not.toBe(before);
    await page.keyboard.press("0");
    await expect(page).toHaveURL(/range=24h/);
    await expect(page.getByRole("button", { name: "Back to now" })).toHaveCount(0);
  });

  test("says where nothing was reported", async ({ signedIn: page }) => {
    await press(page.getByRole("radio", { name: "7 d" }));
    await expect(page.getByText(/^No readings: .*6 h/)).toBeVisible();
  });

  test("is compared with another device and with the time before", async ({ house, signedIn: page }) => {
    await plugWithPast(house, "Other plug", 3);
    await page.reload();
    const compare = page.getByRole("combobox", { name: "Compare with" });
    await compare.selectOption({ label: "Other plug" });
    const legend = page.getByRole("list", { name: "Lines" });
    await expect(legend.getByRole("button")).toHaveText([/Past plug/, /Other plug/]);
    await page.getByText("Show as a table").click();
    await expect(page.getByRole("columnheader", { name: "Other plug: mean" })).toBeVisible();
    await legend.getByRole("button", { name: /Other plug/ }).click();
    await expect(legend.getByRole("button", { name: /Other plug/ })).toHaveAttribute("aria-pressed", "false");
    await compare.selectOption({ label: "The time before" });
    await expect(legend.getByRole("button")).toHaveText([/This time/, /The time before/]);
    await expect(page).toHaveURL(/compare=previous/);
  });

  test("is saved as it is shown, and whole", async ({ signedIn: page }) => {
    const shown = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const lines = readFileSync(await (await shown).path(), "utf8").trim().split("\r\n");
    expect(lines[0]).toBe("series,time,value,unit,estimated");
    expect(lines.length).toBeGreaterThan(500);
    const whole = page.waitForEvent("download");
    await page.getByRole("button", { name: "All readings" }).click();
    const file = await whole;
    expect(file.suggestedFilename()).toMatch(/^past-plug-readings-activepower-.*\.csv$/);
    const rows = readFileSync(await file.path(), "utf8").trim().split("\r\n");
    expect(rows[0]).toBe("time,endpoint,attribute,value,unit,quality,received");
    expect(rows.length).toBeGreaterThan(1_000);
    expect(rows[1]).toContain(`,1,${POWER},`);
  });
});

test("a home stands in one chart", async ({ house, signedIn: page }) => {
  await plugWithPast(house, "Chart plug", 2);
  await page.goto(`/homes/${house.demo.homes[0]}/charts?attribute=${POWER}`);
  await isLive(page);
  const legend = page.getByRole("list", { name: "Lines" });
  await expect(legend.getByRole("button", { name: /Chart plug/ })).toBeVisible();
  await page.getByText("Show as a table").click();
  await expect(page.getByRole("columnheader", { name: /Chart plug/ })).toBeVisible();
});

test("how long readings are kept is saved, after a question where something goes", async ({ signedIn: page }) => {
  await page.goto("/settings");
  await page.getByRole("link", { name: "Storage" }).click();
  await isLive(page);
  await expect(page.getByText("The largest devices")).toBeVisible();
  const kind = page.getByRole("group", { name: "Measurements" });
  await kind.getByLabel("Every reading").fill("400");
  await kind.getByLabel("By hour and day").fill("300");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save and remove" }).click();
  await expect(page.getByText("must not be shorter than")).toBeVisible();
  await kind.getByLabel("By hour and day").fill("4000");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save and remove" }).click();
  await expect(page.getByText("Saved. What is older is being removed.")).toBeVisible();
  await page.reload();
  await expect(kind.getByLabel("Every reading")).toHaveValue("400");
  await kind.getByLabel("Every reading").fill("");
  await kind.getByLabel("By hour and day").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save and remove" })).toHaveCount(0);
});
