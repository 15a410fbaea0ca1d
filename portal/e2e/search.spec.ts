// Search and commands by keyboard, from any page: a device by name, serial number or a part of it, a home, an action.
import type { Page } from "@playwright/test";
import { expect, isLive, test } from "./house";

async function find(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+k");
  const box = page.getByRole("searchbox", { name: "Search and commands" });
  await expect(box).toBeFocused();
  await page.keyboard.type(text);
  await expect(box).toHaveValue(text);
}

test("open it by keyboard, find a device, go there", async ({ signedIn: page }) => {
  await page.goto("/events");
  await isLive(page);
  await find(page, "kitchen win");
  await expect(page.getByRole("menuitem", { name: /^Kitchen window/ })).toContainText("Lindenstrasse 12");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Kitchen window", level: 1 })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await find(page, "OST-B2-004417");
  await expect(page.getByRole("menuitem", { name: /^Front door/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Front door", level: 1 })).toBeVisible();

  await find(page, "seebl");
  await expect(page.getByRole("menuitem", { name: /^Haus Seeblick/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Haus Seeblick", level: 1 })).toBeVisible();
});

test("several are found: arrows choose; what is nowhere is said so; Escape leaves", async ({ signedIn: page }) => {
  await page.goto("/");
  await isLive(page);
  await find(page, "living room");
  const found = page.getByRole("menuitem");
  await expect(found.filter({ hasText: "Living room blind" })).toBeVisible();
  await expect(found.filter({ hasText: "Living room heating" })).toBeVisible();
  for (let presses = 0; presses < 20; presses += 1) {
    const chosen = page.locator("[role=menuitem][data-focused]");
    if ((await chosen.count()) > 0 && ((await chosen.first().textContent()) ?? "").startsWith("Living room blind")) break;
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Living room blind", level: 1 })).toBeVisible();

  await find(page, "zeppelin");
  await expect(page.getByText("Nothing is called “zeppelin”.")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);

  // Whole: other specs leave devices whose names begin alike.
  await find(page, "import devices");
  await expect(page.getByRole("menuitem", { name: /^Import devices/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Import devices", level: 1 })).toBeVisible();
});
