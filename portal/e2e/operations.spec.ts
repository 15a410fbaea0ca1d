// Who is connected to the broker: a stock client is seen with its name, followed by a trace, and cut off.
import { expect, signIn, test } from "./house";
import { listen } from "./mosquitto";

test("see a client, read its trace, disconnect it", async ({ page, context, house }) => {
  await signIn(context, house);
  const made = await context.request.post(`${house.url}/api/homes/${house.demo.homes[0]}/mqtt-clients`, {
    data: { name: "Cellar hub" },
    headers: { origin: house.url },
  });
  const { username, secret } = (await made.json()) as { username: string; secret: string };
  const client = listen(house, { username, password: secret }, "cellar/#");
  try {
    // Of many, only what is in view is drawn.
    await page.goto("/settings/mqtt?q=cellar");
    await expect(async () => {
      await page.getByRole("button", { name: "Load again" }).click();
      await expect(page.getByRole("button", { name: "More about Cellar hub" })).toBeVisible({ timeout: 2_000 });
    }).toPass();
    await page.getByRole("button", { name: "More about Cellar hub" }).click();
    await page.getByRole("menuitem", { name: "Trace" }).click();
    const trace = page.getByRole("region", { name: "What Cellar hub says" });
    await expect(trace.getByText("The trace runs for ten minutes")).toBeVisible();
    await page.getByRole("button", { name: "More about Cellar hub" }).click();
    await page.getByRole("menuitem", { name: "Disconnect" }).click();
    await page.getByRole("button", { name: "Disconnect", exact: true }).click();
    await expect(page.getByText("Cellar hub was disconnected")).toBeVisible();
  } finally {
    client.end();
  }
});
