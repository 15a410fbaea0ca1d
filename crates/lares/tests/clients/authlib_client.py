# Authlib: code and PKCE, refresh and rotation, device grant, introspection, revocation, logout, a service that signs.
# Its argument is what it has to know of the server, as JSON.

import json
import sys
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

settings = json.loads(sys.argv[1])
issuer = settings["issuer"]
server = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=20).json()
assert server["issuer"] == issuer
SCOPE = "openid offline_access homes:read"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def as_owner(path, body=None):
    headers = {"authorization": f"Bearer {settings['owner']}"}
    answer = requests.post(issuer + path, json=body, headers=headers, timeout=20)
    assert answer.ok, (path, answer.status_code, answer.text)
    return answer.json() if answer.content else None


def session(which="basic", scope=SCOPE, redirect_uri=settings["callback"]):
    method = {"basic": "client_secret_basic", "post": "client_secret_post", "public": "none"}[which]
    return OAuth2Session(
        settings[which]["id"],
        settings[which]["secret"] or None,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=scope,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def consent(url):
    """Where the person is sent, who says yes in the portal's place."""
    asked = requests.get(url, allow_redirects=False, timeout=20)
    to = asked.headers.get("location", "")
    if not to.startswith("/consent?"):
        return asked.status_code, to
    request = parse_qs(urlsplit(to).query)["request"][0]
    return asked.status_code, as_owner("/api/oauth/request/decision", {"request": request, "allow": True})["redirect_to"]


def refused(code, attempt):
    try:
        attempt()
    except OAuthError as error:
        assert error.error == code, (error.error, error.description)
        return
    raise AssertionError(f"it was not refused: {code}")


def authorize(client):
    verifier, nonce = generate_token(48), generate_token(20)
    url, state = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    _, back = consent(url)
    assert parse_qs(urlsplit(back).query)["iss"] == [issuer]
    redeem = lambda: client.fetch_token(
        server["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    return redeem, nonce


def whole_life(which, redirect_uri=settings["callback"]):
    client = session(which, redirect_uri=redirect_uri)
    redeem, nonce = authorize(client)
    token = redeem()
    keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=20).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
    assert claims["nonce"] == nonce and claims["aud"] == settings[which]["id"] and claims["iss"] == issuer
    assert client.get(server["userinfo_endpoint"]).json()["sub"] == claims["sub"]
    assert client.get(f"{issuer}/api/homes").status_code == 200
    first = token["refresh_token"]
    second = client.refresh_token(server["token_endpoint"], refresh_token=first)
    assert second["refresh_token"] != first
    return client, redeem, second


client, redeem, token = whole_life("basic")
whole_life("post")
whole_life("public", "http://127.0.0.1:49153/cb")

told = client.introspect_token(server["introspection_endpoint"], token=token["access_token"]).json()
assert told["active"] is True and told["client_id"] == settings["basic"]["id"]
out = requests.get(server["end_session_endpoint"], params={"id_token_hint": token["id_token"]}, timeout=20)
assert out.status_code == 200
client.revoke_token(server["revocation_endpoint"], token=token["refresh_token"])
told = client.introspect_token(server["introspection_endpoint"], token=token["access_token"]).json()
assert told == {"active": False}
refused("invalid_grant", lambda: client.refresh_token(server["token_endpoint"], refresh_token=token["refresh_token"]))
refused("invalid_grant", redeem)

wrong = session(redirect_uri="https://evil.example/cb")
url, _ = wrong.create_authorization_url(server["authorization_endpoint"], code_verifier=generate_token(48))
assert consent(url) == (400, "")
plain, _ = session().create_authorization_url(server["authorization_endpoint"])
status, back = consent(plain)
assert "error=invalid_request" in back, back

device = session("post")
begun = requests.post(
    server["device_authorization_endpoint"],
    data={"client_id": settings["post"]["id"], "client_secret": settings["post"]["secret"], "scope": SCOPE},
    timeout=20,
).json()
poll = lambda: device.fetch_token(server["token_endpoint"], grant_type=DEVICE, device_code=begun["device_code"])
refused("authorization_pending", poll)
refused("slow_down", poll)
as_owner("/api/oauth/device/decision", {"user_code": begun["user_code"], "allow": True})
assert poll()["access_token"]
refused("invalid_grant", poll)

key = ec.generate_private_key(ec.SECP256R1())
pem = key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
public = ECKey.import_key(pem).as_dict(private=False)
public = {name: public[name] for name in ("kty", "crv", "x", "y")}
made = as_owner(
    f"/api/organisations/{settings['organisation']}/oauth-clients",
    {
        "name": "Service",
        "grant_types": ["client_credentials"],
        "scopes": ["homes:read"],
        "role": "viewer",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [public]},
    },
)
service = OAuth2Session(made["id"], ECKey.import_key(pem), token_endpoint_auth_method="private_key_jwt")
service.register_client_auth_method(PrivateKeyJWT(server["token_endpoint"], alg="ES256"))
service.fetch_token(server["token_endpoint"], grant_type="client_credentials")
assert service.get(f"{issuer}/api/homes").status_code == 200
print("all flows completed")
