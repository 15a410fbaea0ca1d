// An app asks to act in somebody's name: registered by the organisation, allowed by the person, disconnected again.
import { createHash, randomBytes } from "node:crypto";
import { expect, isLive, press, test } from "./house";
import { placeOf } from "./people";

const CALLBACK = "https://app.example/callback";
test.use({ baseURL: async ({ house }, use) => use(placeOf(house)) });

test("an app is registered, let in, and disconnected", async ({ page, context, house }) => {
  const { email, password } = house.demo.owner;
  await page.goto("/settings/apps");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await isLive(page);
  await page.getByRole("button", { name: "Register an app" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("Kitchen Voice");
  await page.getByLabel("Addresses it leads back to").fill(CALLBACK);
  await press(page.getByRole("checkbox", { name: /Switch devices/ }));
  await page.getByRole("button", { name: "Register", exact: true }).click();
  const id = (await page.getByRole("group", { name: "Client id" }).locator("span[title]").getAttribute("title")) ?? "";
  await expect(page.getByRole("group", { name: "Client secret" })).toBeVisible();
  await page.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByText(id)).toBeVisible();

  await context.route(`${CALLBACK}**`, (route) => route.fulfill({ contentType: "text/html", body: "<h1>Back at the app</h1>" }));
  const challenge = createHash("sha256").update(randomBytes(32).toString("base64url")).digest("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id: id,
    redirect_uri: CALLBACK,
    scope: "openid homes:read devices:control",
    state: "st",
    nonce: "n",
    code_challenge: challenge,
    code_challenge_method: "S256",
  });
  await page.goto(`/oauth/authorize?${query}`);
  await expect(page.getByRole("heading", { name: "Kitchen Voice wants to connect" })).toBeVisible();
  await expect(page.getByText("It leads you back to app.example.")).toBeVisible();
  await expect(page.getByText("Switch devices")).toBeVisible();
  await page.getByRole("button", { name: "Do not allow" }).click();
  await page.waitForURL(/error=access_denied/);
  await page.goto(`/oauth/authorize?${query}`);
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(/app\.example\/callback\?.*code=/);
  expect(new URL(page.url()).searchParams.get("state")).toBe("st");

  await page.goto("/settings/security");
  await isLive(page);
  await page.getByRole("button", { name: "Disconnect Kitchen Voice" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByRole("button", { name: "Disconnect Kitchen Voice" })).toHaveCount(0);
});

test("an app that nobody knows is told nothing, and its person is told so", async ({ page }) => {
  await page.goto("/oauth/authorize?client_id=nobody&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code");
  await expect(page.getByRole("heading", { name: "This app cannot be connected" })).toBeVisible();
  await expect(page.getByText("is not known to this server")).toBeVisible();
});

test("a request that nobody made is over", async ({ page, house }) => {
  await page.goto("/consent?request=nothing");
  await page.getByLabel("E-mail").fill(house.demo.owner.email);
  await page.getByLabel("Password").fill(house.demo.owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "This question is over" })).toBeVisible();
  await page.goto("/device?user_code=AAAA-BBBB");
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("alert")).toContainText("There is no such code");
});
