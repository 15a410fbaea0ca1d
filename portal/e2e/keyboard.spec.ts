// Everything a newcomer does first, with the keyboard alone: sign in, switch a lamp, add a device.
import type { Page } from "@playwright/test";
import { expect, isLive, test } from "./house";

const MOST_TABS = 80;

/** Presses Tab until the wanted thing has the focus, as somebody without a mouse would. */
async function tabTo(page: Page, isIt: (element: Element) => boolean): Promise<void> {
  const test = `(${isIt.toString()})(document.activeElement)`;
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(test)) return;
  }
  throw new Error(`the focus never reached ${isIt.toString()}`);
}

test("sign in, switch a lamp, add a device: by keyboard", async ({ page, house, context }) => {
  await page.goto("/signin");
  await tabTo(page, (element) => element.getAttribute("name") === "email");
  await page.keyboard.type(house.demo.owner.email);
  await tabTo(page, (element) => element.getAttribute("name") === "password");
  await page.keyboard.type(house.demo.owner.password);
  await page.keyboard.press("Enter");
  await isLive(page);

  // Find the lamp with the palette, and open it.
  await page.keyboard.press("Control+k");
  const box = page.getByRole("searchbox", { name: "Search and commands" });
  await expect(box).toBeFocused();
  await page.keyboard.type("reading lamp");
  await expect(page.getByRole("menuitem", { name: /^Reading lamp/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Reading lamp", level: 1 })).toBeVisible();
  const lamp = page.getByRole("switch").first();
  await expect(lamp).toBeVisible();
  const was = await lamp.isChecked();
  await tabTo(page, (element) => element.getAttribute("role") === "switch");
  await page.keyboard.press("Space");
  await expect(lamp).toBeChecked({ checked: !was });

  await page.keyboard.press("Control+k");
  await expect(box).toBeFocused();
  await page.keyboard.type("add a device");
  await expect(page.getByRole("menuitem", { name: "Add a device" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Add a device" })).toBeVisible();
  await tabTo(page, (element) => element.getAttribute("type") === "radio");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: "Dimmable light" })).toBeChecked();
  await tabTo(page, (element) => element.getAttribute("name") === "name");
  await page.keyboard.type("Keyboard lamp");
  await page.keyboard.press("Tab");
  const home = page.getByLabel("Home", { exact: true });
  await expect(home).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(home).not.toHaveValue("");
  await tabTo(page, (element) => element.textContent === "Register");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Waiting for Keyboard lamp")).toBeVisible();
  const listed = await context.request.get(`${house.url}/api/iot/devices?search=Keyboard%20lamp`);
  expect(((await listed.json()) as { items: unknown[] }).items).toHaveLength(1);
});
