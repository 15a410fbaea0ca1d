// A person's whole way: an account, a confirmed address, a passkey, codes, recovery, and a proof asked for in between.
import type { BrowserContext, Page } from "@playwright/test";
import { expect, isLive, test } from "./house";
import { linkInMail, placeOf, signUp, somebody, withAuthenticator } from "./people";
import { totp } from "./totp";

test.describe.configure({ mode: "serial" });

async function signOut(page: Page): Promise<void> {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Lares" })).toBeVisible();
}

test.describe("somebody new", () => {
  const anna = somebody("Anna");
  let context: BrowserContext;
  let page: Page;
  let secret = "";
  let codes: string[] = [];

  test.beforeAll(async ({ browser, house }) => {
    context = await browser.newContext({ baseURL: placeOf(house), locale: "en-GB", timezoneId: "Europe/Berlin" });
    page = await context.newPage();
    await withAuthenticator(page);
    // This authenticator takes up an offer at once, where a person would choose: offers come when a test wants them.
    await page.addInitScript(() => {
      if (localStorage.getItem("test.offers") === null) Object.assign(PublicKeyCredential, { isConditionalMediationAvailable: async () => false });
    });
  });
  test.afterAll(async () => context.close());

  test("signs up, and confirms the address by the link in the mail", async ({ house }) => {
    await page.goto("/signin");
    await page.getByRole("link", { name: "Create an account" }).click();
    await signUp(page, anna);
    await page.getByRole("button", { name: "Open Lares" }).click();
    await page.goto("/settings/profile");
    await expect(page.getByText(`${anna.email} is not confirmed yet`)).toBeVisible();
    await page.goto(await linkInMail(context.request, house, anna.email, "/verify-email"));
    // What is secret does not stay in the address.
    await expect(page).not.toHaveURL(/token=/);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("heading", { name: "Confirmed" })).toBeVisible();
    await page.goto("/settings/profile");
    await expect(page.getByText("Confirmed to be yours")).toBeVisible();
  });

  test("adds a passkey, and signs in with it", async () => {
    await page.goto("/settings/security");
    await isLive(page);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await expect(page.getByText("Added. Sign in with it from now on.")).toBeVisible();
    await signOut(page);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).not.toHaveURL(/signin/);
    await isLive(page);
    await page.goto("/settings/security");
    await expect(page.getByRole("button", { name: /^More about / })).toHaveCount(1);
    await page.getByRole("button", { name: /^More about / }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Anna's laptop");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Anna's laptop")).toBeVisible();
  });

  test("is offered the passkey where the address is typed", async () => {
    await signOut(page);
    await page.evaluate(() => localStorage.setItem("test.offers", "yes"));
    await page.goto("/signin");
    await isLive(page);
    await page.evaluate(() => localStorage.removeItem("test.offers"));
  });

  test("sets up an authenticator app, and keeps the recovery codes", async () => {
    await page.goto("/settings/security");
    await isLive(page);
    await page.getByRole("button", { name: "Set up" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Set up the authenticator app" });
    await expect(dialog.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
    const field = dialog.getByRole("group", { name: "Secret" });
    await field.getByRole("button", { name: "Show" }).click();
    secret = (await field.locator("span[title]").getAttribute("title")) ?? "";
    await dialog.getByRole("textbox", { name: "Code" }).fill("000000");
    await dialog.getByRole("button", { name: "Switch on" }).click();
    await expect(dialog.getByText("This code is not right")).toBeVisible();
    await dialog.getByRole("textbox", { name: "Code" }).fill(totp(secret));
    await dialog.getByRole("button", { name: "Switch on" }).click();
    const shown = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await expect(shown).toHaveCount(10);
    codes = await shown.allInnerTexts();
    await page.getByRole("button", { name: "I have kept them" }).click();
    await expect(page.getByText("10 left")).toBeVisible();
  });

  test("signs in with password and code, and with a recovery code", async () => {
    await signOut(page);
    await page.getByLabel("E-mail").fill(anna.email);
    await page.getByLabel("Password").fill(anna.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code").fill("000000");
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("alert")).toContainText("This code is not right");
    await page.getByLabel("Code").fill(totp(secret, 1));
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page).not.toHaveURL(/signin/);
    await isLive(page);
    await signOut(page);
    await page.getByLabel("E-mail").fill(anna.email);
    await page.getByLabel("Password").fill(anna.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page).not.toHaveURL(/signin/);
    await isLive(page);
    await page.goto("/settings/security");
    await expect(page.getByText("9 left")).toBeVisible();
  });

  test("is asked again before something dangerous, and stays signed in", async () => {
    // A session grows old in a quarter of an hour; the server's answer to an old one stands in for the wait.
    let first = true;
    await page.route("**/api/auth/recovery-codes", async (route) => {
      if (!first) return route.continue();
      first = false;
      const problem = { type: "/docs/problems#step-up", title: "Step-up needed", status: 401, detail: "" };
      return route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify(problem) });
    });
    await page.goto("/settings/security");
    await isLive(page);
    await page.getByRole("button", { name: "New codes" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "New codes" }).click();
    const asked = page.getByRole("dialog", { name: "Is it you?" });
    await asked.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("alert")).toContainText("It was not confirmed that it is you");
    first = true;
    await page.getByRole("alertdialog").getByRole("button", { name: "New codes" }).click();
    await asked.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(10);
    await page.getByRole("button", { name: "I have kept them" }).click();
    first = true;
    await page.getByRole("button", { name: "New codes" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "New codes" }).click();
    await asked.getByRole("button", { name: "Use your password instead" }).click();
    await asked.getByLabel("Password").fill("wrong");
    await asked.getByLabel("Code").fill(codes[1] ?? "");
    await asked.getByRole("button", { name: "Confirm" }).click();
    await expect(asked.getByRole("alert")).toContainText("That was not right");
    await asked.getByRole("button", { name: "Cancel" }).click();
    await page.unroute("**/api/auth/recovery-codes");
    await page.reload();
    await expect(page.getByRole("heading", { name: "Security", level: 1 })).toBeVisible();
  });

  test("sees where one is signed in, makes a token, and changes the password", async ({ browser, house }) => {
    const other = await browser.newContext({ baseURL: placeOf(house) });
    await page.goto("/settings/security");
    await isLive(page);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByLabel("What is it for?").fill("Cellar script");
    await page.getByRole("button", { name: "Make it" }).click();
    await expect(page.getByRole("group", { name: "Token" })).toBeVisible();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await expect(page.getByText("Cellar script")).toBeVisible();
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByLabel("Current password").fill(anna.password);
    anna.password = `${anna.password} changed`;
    await page.getByLabel("New password").fill(anna.password);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Changed. You were signed out everywhere else.")).toBeVisible();
    await expect(page.getByText("Password changed")).toBeVisible();
    await other.close();
  });

  test("forgets the password, and sets a new one by the link in the mail", async ({ house }) => {
    await signOut(page);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail").fill(anna.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
    const link = await linkInMail(context.request, house, anna.email, "/reset-password");
    await page.goto(link);
    anna.password = `${anna.password} anew`;
    await page.getByLabel("New password").fill(anna.password);
    await page.getByRole("button", { name: "Set it" }).click();
    await expect(page.getByText("Your new password is set.")).toBeVisible();
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByLabel("New password").fill(`${anna.password} twice`);
    await page.getByRole("button", { name: "Set it" }).click();
    await expect(page.getByRole("alert")).toContainText("This link is used up");
  });
});
