// A home's rooms: one is made, renamed, filled with a device from elsewhere, and removed; the device stays.
import { expect, isLive, press, test } from "./house";

test("make a room, rename it, move a device in, remove it", async ({ signedIn: page, house }) => {
  const home = house.demo.homes[1] ?? "";
  await page.goto(`/homes/${home}`);
  await isLive(page);
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("button", { name: "Add a room" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Pantry");
  await page.getByRole("dialog").getByRole("button", { name: "Add a room" }).click();
  await expect(page.getByText("Pantry was saved")).toBeVisible();
  const row = (name: string) => page.getByRole("listitem").filter({ hasText: name });
  await expect(row("Pantry")).toContainText("No devices");

  await page.getByRole("button", { name: "Rename Pantry" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Larder");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(row("Larder")).toContainText("No devices");
  await expect(page.getByText("Pantry", { exact: true })).toHaveCount(0);

  await page.goto("/devices?q=Kettle");
  await isLive(page);
  await press(page.getByRole("row", { name: /Kettle/ }).getByRole("checkbox"));
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Room").selectOption({ label: "Larder" });
  await page.getByRole("dialog").getByRole("button", { name: "Move 1 device" }).click();
  await expect(page.getByText("1 device moved")).toBeVisible();

  await page.goto(`/homes/${home}`);
  const tiles = (room: string) => page.getByRole("region", { name: new RegExp(`^${room}`) });
  await expect(tiles("Larder").getByRole("link", { name: /^Kettle/ })).toBeVisible();

  await page.getByRole("link", { name: "Edit" }).click();
  await expect(row("Larder")).toContainText("1 device");
  await page.getByRole("button", { name: "Delete Larder" }).click();
  await expect(page.getByText("Its devices stay in the home, in no room.")).toBeVisible();
  await page.getByRole("button", { name: "Delete room" }).click();
  await expect(page.getByText("Larder was deleted")).toBeVisible();
  await page.goto(`/homes/${home}`);
  await expect(tiles("Without a room").getByRole("link", { name: /^Kettle/ })).toBeVisible();
  await expect(tiles("Larder")).toHaveCount(0);
});
