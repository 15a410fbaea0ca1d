/** The person who answers in the place of the portal, and where the server is. */

import assert from "node:assert/strict";

export const settings = JSON.parse(process.argv[2]);

async function asOwner(path, body) {
  const answer = await fetch(settings.issuer + path, {
    method: "POST",
    headers: { authorization: `Bearer ${settings.owner}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** Follows an authorization request to where the person is asked, says yes, and gives where they are sent. */
export async function consent(url) {
  const asked = await fetch(url, { redirect: "manual" });
  const to = new URL(asked.headers.get("location") ?? "about:blank", settings.issuer);
  if (to.pathname !== "/consent") return to;
  return allow(to);
}

export async function allow(page) {
  const request = page.searchParams.get("request");
  return new URL((await asOwner("/api/oauth/request/decision", { request, allow: true })).redirect_to);
}

export async function letDeviceIn(userCode) {
  const shown = await asOwner("/api/oauth/device", { user_code: userCode });
  assert.equal(shown.client.name, "Voice");
  await asOwner("/api/oauth/device/decision", { user_code: userCode, allow: true });
}

export async function registrationToken() {
  return (await asOwner(`/api/organisations/${settings.organisation}/oauth-registration-tokens`)).token;
}

/** The error that a client throws, by its OAuth code. */
export async function refuses(code, attempt) {
  const error = await attempt().then(
    () => assert.fail(`it was not refused: ${code}`),
    (error) => error,
  );
  // An answer with a challenge is thrown unread.
  const told = error.error ?? error.cause?.error ?? (await error.response?.json().catch(() => undefined))?.error;
  assert.equal(told, code, error.stack);
}

export function done() {
  console.log("all flows completed");
  process.exit(0);
}
