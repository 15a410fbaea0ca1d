// The front door as people meet it: connect what they own, see it come, take in its devices, look at what is said.
import type { Page } from "@playwright/test";
import { expect, type House, isLive, press, test } from "./house";
import { announceZigbee, type Login, publish } from "./mosquitto";

const NAME = "Zigbee2MQTT";

/** Makes credentials on the page, and reads them there as a person would. */
async function makeCredentials(page: Page, house: House, home: string): Promise<Login> {
  await page.goto(`/homes/${home}/connect`);
  await isLive(page);
  const port = house.demo.mqtts.split(":").at(-1) ?? "";
  await expect(page.getByRole("group", { name: "Port (TLS)" })).toContainText(port);
  await expect(page.getByRole("button", { name: "Server’s authority" })).toBeVisible();
  await press(page.getByRole("radio", { name: NAME }));
  await page.getByRole("button", { name: "Make credentials", exact: true }).click();
  await expect(page.getByRole("img", { name: `QR code with the credentials of ${NAME}` })).toBeVisible();
  const username = await shown(page, "User name");
  const secret = page.getByRole("group", { name: "Password" });
  await secret.getByRole("button", { name: "Show" }).click();
  return { username, password: await shown(page, "Password") };
}

async function shown(page: Page, label: string): Promise<string> {
  return (await page.getByRole("group", { name: label, exact: true }).locator("span[title]").getAttribute("title")) ?? "";
}

test.describe.configure({ mode: "serial" });

/** Where the page's parts begin, by their words. */
function beginnings(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll("main nav, main h1, main h2, main strong, main [role=radiogroup]")].map((part) => [
        part.firstChild instanceof Text ? part.firstChild.data : part.tagName,
        part.getBoundingClientRect().top + scrollY,
      ]),
    ),
  );
}

for (const [where, viewport] of Object.entries({ desk: { width: 1440, height: 1000 }, phone: { width: 390, height: 844 } })) {
  test(`nothing jumps when the answers come, on a ${where}`, async ({ signedIn: page, house }) => {
    await page.setViewportSize(viewport);
    let letThrough = () => {};
    const held = new Promise<void>((done) => (letThrough = done));
    await page.route(/\/api\/(?:homes|iot\/connection)/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`/homes/${house.demo.homes[1] ?? ""}/connect`);
    await isLive(page);
    await expect(page.getByRole("heading", { name: "What may connect" })).toBeVisible();
    await expect(page.getByRole("switch")).toHaveCount(0);
    const before = await beginnings(page);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(["NAV", "Connect", "The server", "What do you want to connect?", "Show my devices in Home Assistant", "What may connect"]));
    letThrough();
    await expect(page.getByRole("group", { name: "Port (TLS)" })).toBeVisible();
    await expect(page.getByRole("switch", { name: "Show my devices in Home Assistant" })).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Where you are" }).getByRole("link")).toHaveCount(2);
    await expect(page.getByRole("status", { name: "Loading what may connect" })).toHaveCount(0);
    expect(await beginnings(page)).toMatchObject(before);
  });
}

test.describe("the front door", () => {
  let login: Login = { username: "", password: "" };

  test("connect Zigbee2MQTT: credentials, the text to paste, and there it is", async ({ signedIn: page, house }) => {
    const home = house.demo.homes[1] ?? "";
    login = await makeCredentials(page, house, home);
    const snippet = page.locator("pre", { hasText: "base_topic: zigbee2mqtt" });
    await expect(snippet).toContainText(`user: '${login.username}'`);
    await expect(snippet).toContainText(`password: '${login.password}'`);
    await expect(page.getByText(`Waiting for ${NAME}`)).toBeVisible();
    await announceZigbee(house, login);
    await expect(page.getByText(`There it is: ${NAME} speaks.`)).toBeVisible();
    await expect(page.getByText("3 devices are waiting for you")).toBeVisible();
    // A reload shows no password, and says so.
    await page.reload();
    await expect(page.getByText("Its password was shown when it was made")).toBeVisible();
    await expect(snippet).toContainText("YOUR-PASSWORD");
  });

  test("take in what was found, one under another name, then the rest at once", async ({ signedIn: page, house }) => {
    const home = house.demo.homes[1] ?? "";
    await page.goto(`/homes/${home}`);
    await isLive(page);
    await page.getByRole("link", { name: "Look" }).click();
    await expect(page.getByRole("heading", { name: "Found devices", level: 1 })).toBeVisible();
    const lamp = page.locator("[data-found='0x00124b0022813f01']");
    await expect(lamp.getByRole("heading", { name: "Kitchen/Ceiling" })).toBeVisible();
    await expect(lamp.getByRole("list", { name: "What it says now" })).toContainText("On");
    await expect(lamp.getByText(/1 part that Lares has no word for/)).toBeVisible();
    await lamp.getByLabel("Name", { exact: true }).fill("Kitchen ceiling");
    await lamp.getByRole("button", { name: "Take in Kitchen/Ceiling" }).click();
    await expect(page.getByText("Kitchen ceiling was taken in")).toBeVisible();
    await expect(lamp).toHaveCount(0);
    const contact = page.locator("[data-found='0x00158d0004a1b2c3']");
    await contact.getByRole("button", { name: "Leave Kitchen/Window aside" }).click();
    await expect(page.getByRole("heading", { name: /Left aside/ })).toBeVisible();
    await contact.getByRole("button", { name: "Take in Kitchen/Window" }).click();
    // Zigbee2MQTT itself is left: the last one needs no "all".
    await page.getByRole("button", { name: /^Take in Zigbee2MQTT/ }).click();
    await expect(page.getByText("Nothing is waiting")).toBeVisible();
    await page.goto(`/devices?home=${home}`);
    await expect(page.getByRole("link", { name: "Kitchen ceiling" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Kitchen/Window" })).toBeVisible();
  });

  test("see what is said: retained as a tree, the rest as it passes", async ({ signedIn: page, house }) => {
    const home = house.demo.homes[1] ?? "";
    await page.goto(`/homes/${home}/mqtt?filter=${encodeURIComponent("zigbee2mqtt/#")}`);
    await expect(page.getByRole("status").getByText("Listening")).toBeVisible();
    await page.getByRole("button", { name: "zigbee2mqtt/bridge/state" }).click();
    await expect(page.locator("pre", { hasText: '"state": "online"' })).toBeVisible();
    await publish(house, login, "zigbee2mqtt/Kitchen/Ceiling", '{"state":"OFF"}');
    const feed = page.getByRole("region", { name: "As it passes" });
    await expect(feed.getByRole("button", { name: "zigbee2mqtt/Kitchen/Ceiling" })).toBeVisible();
    await feed.getByRole("button", { name: "zigbee2mqtt/Kitchen/Ceiling" }).first().click();
    await expect(page.locator("pre", { hasText: '"state": "OFF"' })).toBeVisible();
    await expect(page.getByText(`from ${NAME}`)).toBeVisible();
    await publish(house, login, "elsewhere/topic", "not watched");
    await expect(page.getByText("elsewhere/topic")).toHaveCount(0);
    await page.getByLabel("Topic filter").fill("a/#/b");
    await page.getByRole("button", { name: "Watch" }).click();
    await expect(page.getByText("This is no topic filter")).toBeVisible();
  });

  test("show the devices in Home Assistant; end the credentials: the client may not come back", async ({ signedIn: page, house }) => {
    const home = house.demo.homes[1] ?? "";
    await page.goto(`/homes/${home}/connect`);
    const shownThere = page.getByRole("switch", { name: "Show my devices in Home Assistant" });
    await press(shownThere);
    await expect(page.getByText("Devices of this home are shown in Home Assistant")).toBeVisible();
    await expect(shownThere).toBeChecked();
    await page.getByRole("button", { name: `More about ${NAME}` }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await expect(page.getByText(`${NAME} may not connect any more`)).toBeVisible();
    await expect(publish(house, login, "zigbee2mqtt/late", "x")).rejects.toThrow();
  });
});
