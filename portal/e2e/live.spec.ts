// Offline and back without missing an event; a server that goes away; two browsers that see the same thing.
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { newestFirst } from "../src/events/order";
import { type ApiEvent, eventsOf, expect, type House, isLive, openHouse, press, signIn, test } from "./house";
import { type Credentials, MqttDevice } from "./mqtt-device";

async function register(context: BrowserContext, { url, demo }: House, name: string): Promise<Credentials> {
  const response = await context.request.post(`${url}/api/iot/devices/register`, {
    data: { home: demo.homes[0], name, endpoints: [{ endpoint: 1, capabilities: ["OnOff"] }] },
    headers: { authorization: `Bearer ${demo.owner.token}` },
  });
  expect(response.status(), await response.text()).toBe(201);
  const made = (await response.json()) as { id: string; credentials: { password: string } };
  return { id: made.id, password: made.credentials.password };
}

/** Ids of the events on the page, newest first. */
function shown(page: Page): Promise<string[]> {
  return page.locator("[data-event]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-event") ?? ""));
}

/** PUBACK says that a report is stored; what follows from it is in the event log a moment later. */
async function eventsAfter(context: BrowserContext, house: House, device: string, changes: number): Promise<ApiEvent[]> {
  let events: ApiEvent[] = [];
  await expect
    .poll(async () => {
      events = await eventsOf(context.request, house, device);
      return events.filter(({ type }) => type === "attribute.changed").length;
    })
    .toBe(changes);
  return events;
}

async function showsExactly(page: Page, events: readonly ApiEvent[]): Promise<void> {
  await expect.poll(() => shown(page)).toEqual(newestFirst(events).map(({ id }) => id));
}

async function toggle(device: MqttDevice, times: number, first: boolean): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) await device.report("OnOff.OnOff", (turn % 2 === 0) === first);
}

test("offline and back: no event is missed, none comes twice", async ({ signedIn: page, context, house }) => {
  const credentials = await register(context, house, "Restless lamp");
  const device = await MqttDevice.connect(house, credentials);
  await device.report("OnOff.OnOff", true);
  await page.goto(`/events?device=${credentials.id}`);
  await isLive(page);
  await toggle(device, 6, false);
  await showsExactly(page, await eventsAfter(context, house, credentials.id, 7));

  await context.setOffline(true);
  await expect(page.getByText("You are offline")).toBeVisible();
  const before = await shown(page);
  await toggle(device, 20, false);
  expect(await shown(page)).toEqual(before);
  await context.setOffline(false);
  await expect(page.getByText("You are offline")).toBeHidden();
  await showsExactly(page, await eventsAfter(context, house, credentials.id, 27));

  await page.reload();
  await isLive(page);
  await toggle(device, 4, false);
  await showsExactly(page, await eventsAfter(context, house, credentials.id, 31));
  await device.end();
});

test("the server goes away and comes back: the page still reads, says so, and misses nothing", async ({ context, page }) => {
  const house = await openHouse();
  try {
    await signIn(context, house);
    const credentials = await register(context, house, "Cellar lamp");
    let device = await MqttDevice.connect(house, credentials);
    await device.report("OnOff.OnOff", true);
    await page.goto(`${house.url}/events?device=${credentials.id}`);
    await isLive(page);
    await showsExactly(page, await eventsAfter(context, house, credentials.id, 1));
    await device.end();
    await house.stop();
    await expect(page.getByText("You are offline")).toBeVisible();
    expect((await shown(page)).length).toBeGreaterThan(0);
    await house.start();
    device = await MqttDevice.connect(house, credentials);
    await toggle(device, 5, false);
    await isLive(page);
    await showsExactly(page, await eventsAfter(context, house, credentials.id, 6));
    await device.end();
  } finally {
    await house.close();
  }
});

async function anotherPerson(browser: Browser, house: House): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ baseURL: house.url });
  await signIn(context, house);
  return { page: await context.newPage(), context };
}

test("two browsers see the same thing", async ({ signedIn: one, browser, context, house }) => {
  const credentials = await register(context, house, "Shared lamp");
  const device = await MqttDevice.connect(house, credentials);
  await device.report("OnOff.OnOff", false);
  const { page: other, context: theirs } = await anotherPerson(browser, house);
  for (const page of [one, other]) {
    await page.goto(`/devices/${credentials.id}`);
    await expect(page.getByRole("switch").first()).not.toBeChecked();
  }
  await press(one.getByRole("switch").first());
  for (const page of [one, other]) await expect(page.getByRole("switch").first()).toBeChecked();

  // A change that somebody makes of the device itself arrives as well.
  const renamed = await context.request.patch(`${house.url}/api/iot/devices/${credentials.id}`, {
    data: { name: "Lamp of both" },
    headers: { authorization: `Bearer ${house.demo.owner.token}` },
  });
  expect(renamed.ok()).toBe(true);
  for (const page of [one, other]) await expect(page.getByRole("heading", { name: "Lamp of both", level: 1 })).toBeVisible();
  await device.end();
  await theirs.close();
});

test("an answer that comes after the device's proof still ends in Done", async ({ signedIn: page, context, house }) => {
  const credentials = await register(context, house, "Quick lamp");
  const device = await MqttDevice.connect(house, credentials);
  await device.report("OnOff.OnOff", false);
  await page.goto(`/devices/${credentials.id}`);
  await isLive(page);
  const lamp = page.getByRole("switch").first();
  await expect(lamp).not.toBeChecked();
  let answer: (() => void) | undefined;
  const held = new Promise<void>((done) => (answer = done));
  await page.route("**/commands", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await press(lamp);
  await expect(lamp).toBeChecked();
  await expect.poll(async () => (await eventsOf(context.request, house, credentials.id)).map(({ type }) => type)).toContain("command.confirmed");
  await expect(page.getByText("Sending: On")).toBeVisible();
  answer?.();
  await expect(page.getByText("Done: On")).toBeVisible();
  await device.end();
});

test("without a network the portal opens and reads what was last seen", async ({ signedIn: page, context, house }) => {
  await page.goto("/devices");
  await isLive(page);
  await expect(page.getByRole("row").nth(3)).toBeVisible();
  // The worker has taken its files, and what was seen is kept.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await isLive(page);
  const known = await page.getByRole("row").nth(1).getByRole("link").first().innerText();
  await expect
    .poll(() =>
      page.evaluate(
        () =>
          new Promise<boolean>((done) => {
            const open = indexedDB.open("lares");
            open.onsuccess = () => {
              const get = open.result.transaction("seen").objectStore("seen").get("seen");
              get.onsuccess = () => done(JSON.stringify(get.result ?? null).includes('"devices"'));
            };
            open.onerror = () => done(false);
          }),
      ),
    )
    .toBe(true);
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText("You are offline")).toBeVisible();
  await expect(page.getByRole("link", { name: known }).first()).toBeVisible();
  await context.setOffline(false);
  await isLive(page);
  expect(house.url).toBeTruthy();
});
