/** oidc-client-ts in a page of another origin, in Chromium: code and PKCE, refresh, userinfo, revocation, logout. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { allow, done, settings } from "./person.mjs";

const library = await readFile(new URL("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
const server = createServer((request, answer) => {
  if (request.url === "/oidc.js") {
    answer.setHeader("content-type", "text/javascript").end(library);
  } else {
    answer.setHeader("content-type", "text/html").end("<!doctype html><title>App</title><script src=/oidc.js></script>");
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const app = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const context = await browser.newContext();
// The person is signed in at the server, in this browser.
const session = await context.request.post(`${settings.issuer}/api/auth/session`, {
  data: { email: settings.email, password: settings.password },
});
assert.equal(session.status(), 200);
const page = await context.newPage();

const manager = {
  authority: settings.issuer,
  client_id: settings.public.id,
  redirect_uri: `${app}/cb`,
  post_logout_redirect_uri: `${app}/bye`,
  scope: "openid profile email offline_access homes:read",
  loadUserInfo: true,
};

/** In the page, with a manager made of these settings. */
function within(work, change = {}) {
  return page.evaluate(
    ([work, made]) => {
      const { UserManager, WebStorageStateStore } = globalThis.oidc;
      const manager = new UserManager({ ...made, userStore: new WebStorageStateStore({ store: localStorage }) });
      return new Function("manager", `return (async () => { ${work} })()`)(manager);
    },
    [work, { ...manager, ...change }],
  );
}

async function toConsent(change) {
  await page.goto(`${app}/`);
  // The page is left while it is still at it.
  within("await manager.signinRedirect()", change).catch(() => {});
  await page.waitForURL((url) => url.pathname === "/consent" || url.pathname === "/cb" || url.pathname === "/app-refused");
  return new URL(page.url());
}

async function signIn() {
  const back = await allow(await toConsent());
  await page.goto(back.href);
  const user = await within("const u = await manager.signinRedirectCallback(); return { ...u, profile: u.profile };");
  return { back, user };
}

const { back, user } = await signIn();
assert.equal(user.profile.email, settings.email, "from userinfo, over another origin");
assert.ok(user.refresh_token && user.access_token);

const refreshed = await within("const u = await manager.signinSilent(); return { ...u };");
assert.notEqual(refreshed.refresh_token, user.refresh_token);
assert.notEqual(refreshed.access_token, user.access_token);

const status = (token) =>
  page.evaluate(
    async ([issuer, token]) => (await fetch(`${issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status,
    [settings.issuer, token],
  );
assert.equal(await status(refreshed.access_token), 200);

// The code of a while ago, again: refused, and what came of it ends.
const replayed = await page.evaluate(
  async ([issuer, client, code, redirect]) => {
    const form = { grant_type: "authorization_code", client_id: client, code, redirect_uri: redirect, code_verifier: "x".repeat(43) };
    const answer = await fetch(`${issuer}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    return [answer.status, (await answer.json()).error];
  },
  [settings.issuer, settings.public.id, back.searchParams.get("code"), `${app}/cb`],
);
assert.deepEqual(replayed, [400, "invalid_grant"]);
assert.equal(await status(refreshed.access_token), 401);

const again = await signIn();
await within("await manager.revokeTokens(['refresh_token'])");
assert.equal(await status(again.user.access_token), 401);

const unproved = await toConsent({ disablePKCE: true });
assert.equal(unproved.searchParams.get("error"), "invalid_request");
const thrown = await within("return manager.signinRedirectCallback().then(() => 'taken', (e) => e.error)", { disablePKCE: true });
assert.equal(thrown, "invalid_request");
const elsewhere = await toConsent({ redirect_uri: `${app}/other` });
assert.equal(elsewhere.pathname + elsewhere.search, "/app-refused?wrong=redirect_uri", "nothing is sent to an address that is not the client's");

// Without asking: a native program may be anybody, so a person is always asked.
const silent = await toConsent({ extraQueryParams: { prompt: "none" } });
if (silent.pathname !== "/cb") await page.waitForURL((url) => url.pathname === "/cb");
assert.equal(new URL(page.url()).searchParams.get("error"), "consent_required");

await signIn();
const signedIn = async () => (await context.request.get(`${settings.issuer}/api/auth/profile`)).status();
assert.equal(await signedIn(), 200);
within("await manager.signoutRedirect()").catch(() => {});
await page.waitForURL((url) => url.pathname === "/bye");
assert.equal(await signedIn(), 401, "the browser's own session ended, too");

await browser.close();
server.close();
done();
