// An invitation from the hand that gives it to the one that takes it, and the mailbox that carries it in the demo.
import { expect, isLive, press, signIn, test } from "./house";
import { linkInMail, placeOf, signUp, somebody } from "./people";

test("somebody new is invited by e-mail, signs up, accepts, and is removed again", async ({ browser, signedIn: owner, house, context }) => {
  const guest = somebody("Jonas");
  await owner.goto("/access");
  await isLive(owner);
  await owner.getByRole("button", { name: "Invite", exact: true }).click();
  await owner.getByRole("textbox", { name: "E-mail" }).fill(guest.email);
  await owner.getByLabel("Role").selectOption({ label: "Viewer" });
  await owner.getByRole("button", { name: "Send invitation" }).click();
  await expect(owner.getByText(`A mail is on its way to ${guest.email}`)).toBeVisible();
  await owner.getByRole("button", { name: "Done" }).click();
  await expect(owner.getByRole("region", { name: /Open invitations/ }).getByText(guest.email)).toBeVisible();

  const theirs = await browser.newContext({ baseURL: placeOf(house), locale: "en-GB" });
  const page = await theirs.newPage();
  await page.goto(await linkInMail(context.request, house, guest.email, "/invitation"));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Join ");
  await expect(page).not.toHaveURL(/token=/);
  await page.getByRole("link", { name: "Create an account" }).click();
  await signUp(page, guest);
  await page.getByRole("button", { name: "Open Lares" }).click();
  await page.getByRole("button", { name: "Accept" }).click();
  await expect(page.getByText("You belong to")).toBeVisible();
  await page.goto("/homes");
  await isLive(page);
  await expect(page.getByRole("article").first()).toBeVisible();

  // The owner's page has stood open all the while.
  const people = owner.getByRole("region", { name: /^People/ });
  await expect(people.getByText(guest.email)).toBeVisible();
  await expect(owner.getByRole("region", { name: /Open invitations/ }).getByText(guest.email)).toHaveCount(0);

  await page.goto("/access");
  await isLive(page);
  const mine = page.getByRole("region", { name: /^People/ });
  await expect(mine.getByText(guest.email)).toBeVisible();
  await expect(page.getByRole("button", { name: "Invite", exact: true })).toHaveCount(0);
  await people.getByRole("button", { name: `More about ${guest.name}` }).click();
  await owner.getByRole("menuitem", { name: "Change" }).click();
  await owner.getByRole("dialog").getByLabel("Role").selectOption({ label: "Administrator" });
  await owner.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  // And so has theirs, which is told what they may do now.
  await expect(page.getByRole("button", { name: "Invite", exact: true })).toBeVisible();

  await people.getByRole("button", { name: `More about ${guest.name}` }).click();
  await owner.getByRole("menuitem", { name: "Remove" }).click();
  await owner.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(people.getByText(guest.email)).toHaveCount(0);
  await expect(mine).toHaveCount(0);
  await theirs.close();
});

test("a link to hand over is made, shown as a code, and taken back", async ({ signedIn: owner, browser, house }) => {
  await owner.goto("/access");
  await isLive(owner);
  await owner.getByRole("button", { name: "Invite", exact: true }).click();
  await press(owner.getByRole("radio", { name: "By link or QR" }));
  await owner.getByRole("button", { name: "Make the link" }).click();
  await expect(owner.getByRole("img", { name: "QR code of the invitation" })).toBeVisible();
  const link = (await owner.getByRole("group", { name: "Link" }).locator("span[title]").getAttribute("title")) ?? "";
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByRole("button", { name: "Take back the invitation: By link" }).first().click();
  await owner.getByRole("alertdialog").getByRole("button", { name: "Take back" }).click();
  await expect(owner.getByText("Taken back")).toBeVisible();
  const stranger = await browser.newContext({ baseURL: house.url, locale: "en-GB" });
  const page = await stranger.newPage();
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "This invitation is over" })).toBeVisible();
  await stranger.close();
});

test("the demo's mailbox shows a mail and its link", async ({ page, context, house }) => {
  await signIn(context, house);
  const reader = somebody("Mila");
  await context.request.post(`${house.url}/api/auth/register`, { data: { email: reader.email, password: reader.password, name: reader.name } });
  await linkInMail(context.request, house, reader.email, "/verify-email");
  await page.goto("/mailbox");
  await expect(page.getByRole("heading", { name: "Mailbox of the demo" })).toBeVisible();
  await page.getByRole("list", { name: "Mails" }).getByText(reader.email).first().click();
  await page.getByRole("link", { name: /verify-email#token=/ }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("heading", { name: "Confirmed" })).toBeVisible();
});
