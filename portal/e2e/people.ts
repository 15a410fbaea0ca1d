// People of the tests: an address of their own each, the mails that the demo would have sent them, and their passkeys.
import { randomBytes } from "node:crypto";
import type { APIRequestContext, CDPSession, Page } from "@playwright/test";
import { expect, type House } from "./house";

export interface Person {
  name: string;
  email: string;
  password: string;
}

export function somebody(name: string): Person {
  const email = `${name.toLowerCase()}-${randomBytes(4).toString("hex")}@example.org`;
  return { name, email, password: `${randomBytes(9).toString("base64url")} with three words` };
}

/** Passkeys belong to a name: the server's is localhost. */
export function placeOf({ url }: House): string {
  return url.replace("127.0.0.1", "localhost");
}

interface Mail {
  to: string;
  text: string;
}

/** The link of the newest mail to somebody that leads to this page. */
export async function linkInMail(request: APIRequestContext, house: House, to: string, path: string): Promise<string> {
  let link = "";
  await expect
    .poll(async () => {
      const response = await request.get(`${house.url}/api/demo/mails`);
      const mails = (await response.json()) as Mail[];
      const texts = mails.filter((mail) => mail.to.includes(to)).map(({ text }) => text);
      link = texts.map((text) => new RegExp(`https?://\\S+${path}#token=[\\w.-]+`).exec(text)?.[0]).find((found) => found !== undefined) ?? "";
      return link;
    })
    .not.toBe("");
  return link;
}

export async function signUp(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Welcome" })).toBeVisible();
}

/** A device with a fingerprint reader, as Chromium plays it. */
export async function withAuthenticator(page: Page): Promise<{ client: CDPSession; id: string }> {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const { authenticatorId: id } = await client.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { client, id };
}
