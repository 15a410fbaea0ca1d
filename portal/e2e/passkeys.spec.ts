// Passkeys in a real browser, by Chromium's own authenticator: registered and used from a page of this server, and
// refused where the person is not verified or the page is another origin. What the pages do with them has its own test.
import type { CDPSession, Page } from "@playwright/test";
import { expect, test } from "./house";

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What the page gets of the API, with the browser's own cookie. */
async function ask(page: Page, method: string, path: string, body?: unknown): Promise<Answer> {
  return page.evaluate(
    async ({ method, path, body }) => {
      const sent = body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const response = await fetch(path, { method, ...sent });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
    },
    { method, path, body },
  );
}

/** The browser makes a passkey for these options, or says why not. */
async function created(page: Page, options: unknown): Promise<unknown> {
  return page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
    return navigator.credentials.create({ publicKey }).then(
      (made) => (made as PublicKeyCredential).toJSON() as unknown,
      (error: Error) => error.name,
    );
  }, options);
}

async function got(page: Page, options: unknown): Promise<unknown> {
  return page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
    return navigator.credentials.get({ publicKey }).then(
      (proof) => (proof as PublicKeyCredential).toJSON() as unknown,
      (error: Error) => error.name,
    );
  }, options);
}

async function authenticator(page: Page): Promise<{ client: CDPSession; authenticatorId: string }> {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", { options });
  return { client, authenticatorId };
}

/** A page that asks for no passkey of its own accord, as the sign-in page does: the browser asks one thing at a time. */
const QUIET = "/app-refused";

test("a passkey is registered, signs in without a name, and is asked for the person", async ({ page, house }) => {
  const { email, password } = house.demo.owner;
  await page.goto(`${house.url.replace("127.0.0.1", "localhost")}${QUIET}`);
  const { client, authenticatorId } = await authenticator(page);
  expect((await ask(page, "POST", "/api/auth/session", { email, password })).status).toBe(200);

  const begun = await ask(page, "POST", "/api/auth/passkeys/registration");
  expect(begun.status).toBe(200);
  const credential = await created(page, begun.body["options"]);
  expect(credential).toMatchObject({ type: "public-key" });
  const registered = await ask(page, "POST", "/api/auth/passkeys", { challenge: begun.body["challenge"], name: "Chromium", credential });
  expect(registered.status).toBe(201);
  const { credentials } = await client.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials.map(({ isResidentCredential, rpId }) => [isResidentCredential, rpId])).toEqual([[true, "localhost"]]);

  // The same authenticator is not registered twice.
  const again = await ask(page, "POST", "/api/auth/passkeys/registration");
  expect(await created(page, again.body["options"])).toBe("InvalidStateError");

  await page.context().clearCookies();
  expect((await ask(page, "GET", "/api/auth/profile")).status).toBe(401);
  const asked = await ask(page, "POST", "/api/auth/passkeys/challenge");
  const proof = await got(page, asked.body["options"]);
  const answer = { challenge: asked.body["challenge"], credential: proof };
  const signedIn = await ask(page, "POST", "/api/auth/passkeys/session", answer);
  expect([signedIn.status, signedIn.body["email"]]).toEqual([200, email]);
  expect((await ask(page, "GET", "/api/auth/profile")).status).toBe(200);
  expect((await ask(page, "POST", "/api/auth/passkeys/session", answer)).status).toBe(401);

  // The session has another secret after a step-up, and goes on.
  const before = await page.context().cookies();
  const more = await ask(page, "POST", "/api/auth/passkeys/challenge");
  const passkey = { challenge: more.body["challenge"], credential: await got(page, more.body["options"]) };
  expect((await ask(page, "POST", "/api/auth/step-up", { passkey })).status).toBe(204);
  const value = (cookies: { name: string; value: string }[]) => cookies.find(({ name }) => name === "lares")?.value;
  expect(value(await page.context().cookies())).not.toBe(value(before));
  expect((await ask(page, "GET", "/api/auth/profile")).status).toBe(200);

  // Nobody puts a finger on it: the browser gives nothing.
  await client.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  const unverified = await ask(page, "POST", "/api/auth/passkeys/challenge");
  expect(await got(page, unverified.body["options"])).toBe("NotAllowedError");
});

test("another origin cannot use what is made for this one", async ({ page, house }) => {
  await page.goto(`${house.url}${QUIET}`);
  await authenticator(page);
  const asked = await ask(page, "POST", "/api/auth/passkeys/challenge");
  // 127.0.0.1 is another host than localhost.
  expect(await got(page, asked.body["options"])).toBe("SecurityError");
});
