// The first ten minutes: sign in, register a device, watch it come alive from a real MQTT client, command it, see Done.
import { expect, press, test } from "./house";
import { MqttDevice } from "./mqtt-device";

test("sign in, add a device, see it come, switch it", async ({ page, house }) => {
  await page.goto("/devices/add");
  await expect(page).toHaveURL(/signin/);
  await page.getByLabel("E-mail").fill(house.demo.owner.email);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("E-mail or password is wrong");
  await page.getByLabel("Password").fill(house.demo.owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();

  await expect(page.getByRole("heading", { name: "Add a device" })).toBeVisible();
  await press(page.getByRole("radio", { name: "Plug" }));
  await page.getByLabel("Name", { exact: true }).fill("Workbench plug");
  await page.getByLabel("Home", { exact: true }).selectOption({ index: 1 });
  await page.getByLabel("Room", { exact: true }).selectOption({ label: "A new room" });
  await page.getByLabel("Name of the new room").fill("Workshop");
  await page.getByRole("button", { name: "Register" }).click();

  await expect(page.getByText("Waiting for Workbench plug")).toBeVisible();
  const id = new URL(page.url()).searchParams.get("device") ?? "";
  const secret = page.getByRole("group", { name: "Password" });
  await secret.getByRole("button", { name: "Show" }).click();
  const password = (await secret.locator("span[title]").getAttribute("title")) ?? "";
  // What is shown has to work as it stands: the port that this server listens on, and the authority to check it with.
  const port = house.demo.mqtts.split(":").at(-1) ?? "";
  await expect(page.getByRole("group", { name: "Server", exact: true })).toContainText(`:${port}`);
  await expect(page.getByRole("button", { name: "Server's authority" })).toBeVisible();
  await expect(page.getByRole("img", { name: "QR code with the credentials of Workbench plug" })).toBeVisible();

  const device = await MqttDevice.connect(house, { id, password });
  await device.report("OnOff.OnOff", false);
  await expect(page.getByText("There it is: Workbench plug is online.")).toBeVisible();

  await page.getByRole("link", { name: "Open Workbench plug" }).click();
  await expect(page.getByRole("heading", { name: "Workbench plug", level: 1 })).toBeVisible();
  const lamp = page.getByRole("switch").first();
  await expect(lamp).not.toBeChecked();
  await press(lamp);
  await expect(page.getByText("Done").first()).toBeVisible();
  await expect(lamp).toBeChecked();
  await device.end();
});
