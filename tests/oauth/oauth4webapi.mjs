/** oauth4webapi: code and PKCE, refresh, introspection, revocation, device grant, and a service that signs. */

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { consent, done, letDeviceIn, refuses, settings } from "./person.mjs";

const issuer = new URL(settings.issuer);
const insecure = { [oauth.allowInsecureRequests]: true };
const scope = "openid offline_access homes:read";

const found = await oauth.discoveryRequest(issuer, insecure);
const server = await oauth.processDiscoveryResponse(issuer, found);
const metadata = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" });
assert.equal((await oauth.processDiscoveryResponse(issuer, metadata)).token_endpoint, server.token_endpoint);

const own = { client_id: settings.basic.id };
const auth = oauth.ClientSecretBasic(settings.basic.secret);

async function authorize(change = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  const all = {
    client_id: own.client_id, redirect_uri: settings.callback, response_type: "code", scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...change,
  };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  const back = await consent(url);
  // State and issuer (RFC 9207) are checked here.
  const parameters = oauth.validateAuthResponse(server, own, back, state);
  return { verifier, nonce, parameters };
}

async function redeem({ verifier, nonce, parameters }) {
  const answer = await oauth.authorizationCodeGrantRequest(
    server, own, auth, parameters, settings.callback, verifier, insecure);
  return oauth.processAuthorizationCodeResponse(server, own, answer, { expectedNonce: nonce, requireIdToken: true });
}

const first = await authorize();
const tokens = await redeem(first);
const jwks = await (await fetch(server.jwks_uri)).json();
assert.ok(jwks.keys.length >= 1 && jwks.keys.every((key) => key.alg === "ES256" && !key.d));
const sub = oauth.getValidatedIdTokenClaims(tokens).sub;
const userinfo = await oauth.userInfoRequest(server, own, tokens.access_token, insecure);
assert.equal((await oauth.processUserInfoResponse(server, own, sub, userinfo)).sub, sub);

async function refresh(token) {
  const answer = await oauth.refreshTokenGrantRequest(server, own, auth, token, insecure);
  return oauth.processRefreshTokenResponse(server, own, answer);
}
const next = await refresh(tokens.refresh_token);
assert.notEqual(next.refresh_token, tokens.refresh_token);
const last = await refresh(next.refresh_token);
// Two uses ago: the whole family ends.
await refuses("invalid_grant", () => refresh(tokens.refresh_token));
await refuses("invalid_grant", () => refresh(last.refresh_token));
await refuses("invalid_grant", () => redeem(first));

async function introspect(token, by = own, proof = auth) {
  const answer = await oauth.introspectionRequest(server, by, proof, token, insecure);
  return oauth.processIntrospectionResponse(server, by, answer);
}
const second = await redeem(await authorize());
const other = { client_id: settings.post.id };
assert.equal((await introspect(second.access_token)).active, true);
assert.equal((await introspect(second.access_token, other, oauth.ClientSecretPost(settings.post.secret))).active, false);
await refuses("invalid_client", () => introspect(second.access_token, own, oauth.ClientSecretBasic("wrong")));
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, own, auth, second.access_token, insecure));
assert.equal((await introspect(second.access_token)).active, false);

await refuses("invalid_scope", () => authorize({ scope: "openid account:manage" }));
await refuses("invalid_request", () => authorize({ code_challenge_method: "plain" }));
await refuses("invalid_target", () => authorize({ resource: "https://other.example/api" }));
await redeem(await authorize({ resource: `${settings.issuer}/api` }));

const begun = await oauth.processDeviceAuthorizationResponse(
  server, own, await oauth.deviceAuthorizationRequest(server, own, auth, { scope }, insecure));
async function poll() {
  const answer = await oauth.deviceCodeGrantRequest(server, own, auth, begun.device_code, insecure);
  return oauth.processDeviceCodeResponse(server, own, answer);
}
await refuses("authorization_pending", poll);
await refuses("slow_down", poll);
await letDeviceIn(begun.user_code);
assert.ok((await poll()).access_token);
await refuses("invalid_grant", poll);

// A service that signs in place of a secret.
const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
const { kty, crv, x, y } = jwk;
const made = await fetch(`${settings.issuer}/api/organisations/${settings.organisation}/oauth-clients`, {
  method: "POST",
  headers: { authorization: `Bearer ${settings.owner}`, "content-type": "application/json" },
  body: JSON.stringify({
    name: "Service", grant_types: ["client_credentials"], scopes: ["homes:read"], role: "viewer",
    token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty, crv, x, y, kid: "one" }] },
  }),
});
const service = { client_id: (await made.json()).id };
const signed = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: "one" });
const answer = await oauth.clientCredentialsGrantRequest(server, service, signed, {}, insecure);
const given = await oauth.processClientCredentialsResponse(server, service, answer);
const homes = await oauth.protectedResourceRequest(
  given.access_token, "GET", new URL("/api/homes", issuer), undefined, undefined, insecure);
assert.equal(homes.status, 200);
done();
