// Nothing serious for axe on any page, on a phone and a desk, light and dark.
import AxeBuilder from "@axe-core/playwright";
import { expect, type House, isLive, test } from "./house";

interface Place {
  name: string;
  path: (house: House, device: string) => string;
  /** Shown without signing in, so there is no live connection. */
  open?: boolean;
}

const PLACES: Place[] = [
  { name: "today", path: () => "/" },
  { name: "homes", path: () => "/homes" },
  { name: "home", path: ({ demo }) => `/homes/${demo.homes[0]}` },
  { name: "home charts", path: ({ demo }) => `/homes/${demo.homes[0]}/charts` },
  { name: "connect", path: ({ demo }) => `/homes/${demo.homes[0]}/connect?what=shelly` },
  { name: "found devices", path: ({ demo }) => `/homes/${demo.homes[0]}/discovered` },
  { name: "messages", path: ({ demo }) => `/homes/${demo.homes[0]}/mqtt` },
  { name: "rooms", path: ({ demo }) => `/homes/${demo.homes[0]}/rooms` },
  { name: "devices", path: () => "/devices" },
  { name: "device", path: (_house, device) => `/devices/${device}` },
  { name: "readings", path: (_house, device) => `/devices/${device}/readings` },
  { name: "correct a reading", path: (_house, device) => `/devices/${device}/readings?task=correct` },
  { name: "remove readings", path: (_house, device) => `/devices/${device}/readings?task=remove` },
  { name: "remove readings of a home", path: ({ demo }) => `/homes/${demo.homes[0]}/readings` },
  { name: "add a device", path: () => "/devices/add" },
  { name: "import", path: () => "/devices/import" },
  { name: "events", path: () => "/events" },
  { name: "access", path: () => "/access" },
  { name: "automations", path: () => "/automations" },
  { name: "insights", path: () => "/insights" },
  { name: "settings", path: () => "/settings" },
  { name: "storage", path: () => "/settings/storage" },
  { name: "MQTT clients", path: () => "/settings/mqtt" },
  { name: "profile", path: () => "/settings/profile" },
  { name: "security", path: () => "/settings/security" },
  { name: "apps", path: () => "/settings/apps" },
  { name: "alarms", path: () => "/alarms" },
  { name: "app refused", path: () => "/app-refused?wrong=client_id", open: true },
  { name: "consent", path: () => "/consent?request=nothing", open: true },
  { name: "device code", path: () => "/device", open: true },
  { name: "invitation", path: () => "/invitation#token=nothing", open: true },
  { name: "mailbox", path: () => "/mailbox", open: true },
  { name: "sign up", path: () => "/signup", open: true },
  { name: "reset password", path: () => "/reset-password", open: true },
  { name: "new password", path: () => "/reset-password#token=nothing", open: true },
  { name: "confirm address", path: () => "/verify-email#token=nothing", open: true },
  { name: "change address", path: () => "/change-email#token=nothing", open: true },
  { name: "link accounts", path: () => "/signin/link?ticket=nothing", open: true },
  { name: "components", path: () => "/showcase", open: true },
  { name: "sign in", path: () => "/signin", open: true },
];

for (const [width, height] of [
  [390, 844],
  [1440, 900],
] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      // Half-way through an animation nothing has its colour yet.
      test.use({ viewport: { width, height }, colorScheme, contextOptions: { reducedMotion: "reduce" } });
      test("axe finds nothing serious", async ({ signedIn: page, house, context }) => {
        test.setTimeout(240_000);
        const devices = await context.request.get(`${house.url}/api/iot/devices?limit=1`);
        const device = ((await devices.json()) as { items: { id: string }[] }).items[0]?.id ?? "";
        const found: string[] = [];
        for (const place of PLACES) {
          await page.goto(place.path(house, device));
          await page.getByRole("heading", { level: 1 }).first().waitFor();
          if (!place.open) {
            await isLive(page);
            await expect(page.locator("[role=status][aria-label^=Loading]")).toHaveCount(0);
          }
          const { violations } = await new AxeBuilder({ page }).analyze();
          for (const { id, impact, nodes } of violations) {
            if (impact === "serious" || impact === "critical") found.push(`${place.name}: ${id} (${nodes.map((node) => node.target.join(" ")).join(", ")})`);
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (wide > 0) found.push(`${place.name}: wider than the window by ${wide} px`);
        }
        expect(found).toEqual([]);
      });
    });
  }
}
