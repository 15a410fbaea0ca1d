// The component page looks as it did. Baselines are made with Debian's Chromium and the portal's own font; after a
// wanted change: npm run e2e -- showcase --update-snapshots.
import { expect, test } from "./house";

for (const [width, height] of [
  [390, 844],
  [1440, 900],
] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme, contextOptions: { reducedMotion: "reduce" } });
      test("components", async ({ page }) => {
        await page.goto("/showcase");
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await page.evaluate(() => document.fonts.ready);
        await expect(page).toHaveScreenshot(`showcase-${width}-${colorScheme}.png`, { fullPage: true });
      });
    });
  }
}
