/** openid-client: code and PKCE, refresh, device grant, introspection, revocation, registration, logout. */

import assert from "node:assert/strict";
import * as client from "openid-client";
import { consent, done, letDeviceIn, refuses, registrationToken, settings } from "./person.mjs";

const issuer = new URL(settings.issuer);
const insecure = { execute: [client.allowInsecureRequests] };
const scope = "openid profile email offline_access homes:read";

async function begin(config, change = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.callback,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...change,
  });
  return { url, checks };
}

async function signIn(config, change) {
  const { url, checks } = await begin(config, change);
  const back = await consent(url);
  return { back, checks, tokens: await client.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true }) };
}

async function wholeLife(config, change) {
  const { tokens } = await signIn(config, change);
  const said = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(said.email, settings.email);
  const next = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(next.refresh_token, tokens.refresh_token);
  const homes = await client.fetchProtectedResource(config, next.access_token, new URL("/api/homes", issuer), "GET");
  assert.equal(homes.status, 200);
  const out = client.buildEndSessionUrl(config, { id_token_hint: next.id_token ?? tokens.id_token });
  assert.equal((await fetch(out)).status, 200);
  return next;
}

const basic = await client.discovery(
  issuer, settings.basic.id, undefined, client.ClientSecretBasic(settings.basic.secret), insecure);
const post = await client.discovery(
  issuer, settings.post.id, undefined, client.ClientSecretPost(settings.post.secret), insecure);
const native = await client.discovery(issuer, settings.public.id, undefined, client.None(), insecure);

const tokens = await wholeLife(basic);
await wholeLife(post);
await wholeLife(native, { redirect_uri: "http://127.0.0.1:49152/cb" });

assert.equal((await client.tokenIntrospection(basic, tokens.access_token)).active, true);
assert.equal((await client.tokenIntrospection(post, tokens.access_token)).active, false);
await client.tokenRevocation(basic, tokens.refresh_token);
assert.equal((await client.tokenIntrospection(basic, tokens.access_token)).active, false);
await refuses("invalid_grant", () => client.refreshTokenGrant(basic, tokens.refresh_token));

const elsewhere = await begin(basic, { redirect_uri: "https://evil.example/cb" });
assert.equal((await fetch(elsewhere.url, { redirect: "manual" })).status, 400);
const unproved = await begin(basic, { code_challenge: "", code_challenge_method: "" });
const refused = await consent(unproved.url);
await refuses("invalid_request", () => client.authorizationCodeGrant(basic, refused, unproved.checks));
const twice = await signIn(basic);
await refuses("invalid_grant", () =>
  client.authorizationCodeGrant(basic, twice.back, { ...twice.checks, idTokenExpected: true }));
assert.equal((await client.tokenIntrospection(basic, twice.tokens.access_token)).active, false);
const replayed = (await signIn(basic)).tokens;
await client.refreshTokenGrant(basic, replayed.refresh_token);

const device = await client.initiateDeviceAuthorization(basic, { scope });
await letDeviceIn(device.user_code);
const onTelevision = await client.pollDeviceAuthorizationGrant(basic, { ...device, interval: 0.1 });
assert.ok(onTelevision.claims().sub && onTelevision.refresh_token);

const registered = await client.dynamicClientRegistration(
  issuer, {
    client_name: "Registered", redirect_uris: [settings.callback], scope: "openid",
    token_endpoint_auth_method: "client_secret_post",
  }, undefined,
  { ...insecure, initialAccessToken: await registrationToken() });
const { tokens: ofRegistered } = await signIn(registered, { scope: "openid" });
assert.equal(ofRegistered.refresh_token, undefined);
done();
