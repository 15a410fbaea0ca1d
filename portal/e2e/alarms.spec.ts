// An alarm is raised, seen on every page, acknowledged with a word about it, and filtered.
import { expect, isLive, test } from "./house";

test("an alarm arrives by itself, and somebody sees to it", async ({ signedIn: page, context, house }) => {
  await page.goto("/alarms");
  await isLive(page);
  const raised = await context.request.post(`${house.url}/api/homes/${house.demo.homes[0]}/alarms`, {
    data: { severity: "critical", title: "Water in the cellar" },
    headers: { origin: house.url },
  });
  expect(raised.ok(), await raised.text()).toBe(true);
  const row = page.locator("[data-alarm]", { hasText: "Water in the cellar" });
  await expect(row).toBeVisible();
  await expect(page.getByRole("link", { name: /^Alarms: [1-9]/ })).toBeVisible();
  await page.getByRole("button", { name: "I see to it: Water in the cellar" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "What you do about it" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(row.getByText("Open", { exact: true })).toBeVisible();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "What you do about it" }).pressSequentially("The plumber comes at four.");
  await page.keyboard.press("Enter");
  await expect(row.getByText("Seen to", { exact: true })).toBeVisible();
  await expect(row.getByText("The plumber comes at four.")).toBeVisible();
  await page.getByRole("button", { name: "Report something" }).click();
  const dialog = page.getByRole("dialog", { name: "What is wrong?" });
  await dialog.getByRole("button", { name: "Report it" }).click();
  await expect(dialog.getByRole("textbox", { name: "In a few words" })).toBeFocused();
  await dialog.getByRole("textbox", { name: "In a few words" }).fill("The gate does not close");
  await dialog.getByRole("combobox", { name: "How bad is it?" }).selectOption({ label: "Note" });
  await dialog.getByRole("button", { name: "Report it" }).click();
  await expect(page.locator("[data-alarm]", { hasText: "The gate does not close" })).toBeVisible();
  await page.getByRole("combobox", { name: "State" }).selectOption({ label: "Open" });
  await expect(page).toHaveURL(/state=open/);
  await expect(row).toHaveCount(0);
});
