// Many devices from one file: what is wrong is named before and after, by row and field; what is right is registered,
// and its credentials can be kept.
import { readFileSync } from "node:fs";
import { expect, isLive, test } from "./house";

const FILE = [
  "home,room,name,serial,capabilities,expected_interval_s",
  "Rua das Flores 48,Kitchen,Import lamp,IMP-1,OnOff,60",
  "Nowhere,,Import lost,IMP-2,OnOff,60",
  "Rua das Flores 48,Attic,Import attic,IMP-3,OnOff,60",
  "Rua das Flores 48,,Import slow,IMP-4,OnOff,soon",
  "Rua das Flores 48,,Import odd,IMP-5,Teleport,60",
  "Rua das Flores 48,,Import twin,IMP-1,OnOff,60",
  "Rua das Flores 48,,Import climate,IMP-7,TemperatureMeasurement RelativeHumidityMeasurement,300",
].join("\n");

test("a file with good and bad rows: each bad one is named with its field, the good ones are there", async ({ signedIn: page }) => {
  await page.goto("/devices");
  await isLive(page);
  await page.getByRole("link", { name: "Import" }).click();
  await page.locator("input[type=file]").setInputFiles({ name: "devices.csv", mimeType: "text/csv", buffer: Buffer.from(FILE) });

  const preview = page.getByRole("table", { name: "Preview" });
  const checked = (name: string) => preview.getByRole("row", { name: new RegExp(name) });
  await expect(checked("Import lamp")).toContainText("Fine so far");
  await expect(checked("Import lost")).toContainText("home: there is no such home");
  await expect(checked("Import attic")).toContainText("room: the home has no such room");
  await expect(checked("Import slow")).toContainText("expected_interval_s: must be a whole number");
  await expect(page.getByText("3 rows will be refused")).toBeVisible();
  await page.getByRole("button", { name: "Register 7 rows" }).click();

  await expect(page.getByText("2 registered, 5 refused")).toBeVisible();
  const report = page.getByRole("table", { name: "Report" });
  const result = (line: number) => report.getByRole("row", { name: new RegExp(`^${line} ?Import`) });
  for (const [line, name, why] of [
    [2, "Import lamp", "Registered"],
    [3, "Import lost", "home: "],
    [4, "Import attic", "room: "],
    [5, "Import slow", "expected_interval_s: "],
    [6, "Import odd", "capabilities: "],
    [7, "Import twin", "serial: "],
    [8, "Import climate", "Registered"],
  ] as const) {
    await expect(result(line)).toContainText(name);
    await expect(result(line)).toContainText(why);
  }

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download credentials" }).click();
  const lines = readFileSync(await (await saved).path(), "utf8").trim().split("\r\n");
  expect(lines.map((line) => line.split(",")[0])).toEqual(["name", "Import lamp", "Import climate"]);
  expect(lines.slice(1).every((line) => line.split(",").every((field) => field !== ""))).toBe(true);

  await report.getByRole("link", { name: "Import lamp" }).click();
  await expect(page.getByRole("heading", { name: "Import lamp", level: 1 })).toBeVisible();
  await expect(page.getByRole("link", { name: "Kitchen", exact: true })).toBeVisible();
});

test("a file that cannot be read is told so, and nothing is sent", async ({ signedIn: page }) => {
  await page.goto("/devices/import");
  await page.locator("input[type=file]").setInputFiles({ name: "colours.csv", mimeType: "text/csv", buffer: Buffer.from("home,name,capabilities,colour\nx,y,OnOff,red\n") });
  await expect(page.getByRole("alert").or(page.getByRole("status")).filter({ hasText: "colours.csv cannot be read" })).toContainText("The column colour is not known.");
  await expect(page.getByRole("button", { name: /^Register/ })).toHaveCount(0);
});
