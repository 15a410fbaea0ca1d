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

test.describe("before it is asked for", () => {
  // The worker keeps every file: what is loaded when would then say nothing.
  test.use({ serviceWorkers: "block" });

  test("the shortcut's first key loads it; the second opens it with what is there, and loses nothing typed", async ({ signedIn: page }) => {
    const loading = new Set<string>();
    const loaded: string[] = [];
    page.on("request", (request) => request.url().includes("/assets/") && loading.add(request.url()));
    page.on("requestfinished", (request) => {
      if (loading.delete(request.url())) loaded.push(request.url());
    });
    const isThere = () => loading.size === 0 && loaded.some((url) => url.includes("/SearchPalette"));
    await page.goto("/");
    await isLive(page);
    // No page pays for it at its start.
    await expect.poll(() => loading.size).toBe(0);
    expect(loaded.filter((url) => url.includes("/SearchPalette"))).toEqual([]);
    await page.keyboard.down("Control");
    await expect.poll(isThere).toBe(true);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    // From here on nothing more of it may be fetched.
    await page.route("**/assets/**", (route) => route.abort());
    await page.keyboard.press("k");
    await page.keyboard.up("Control");
    const box = page.getByRole("searchbox", { name: "Search and commands" });
    await expect(box).toBeFocused();
    await page.keyboard.type("kitchen win");
    await expect(box).toHaveValue("kitchen win");
    await expect(page.getByRole("menuitem", { name: /^Kitchen window/ })).toBeVisible();
  });
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
