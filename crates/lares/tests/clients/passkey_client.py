# A soft authenticator made of python-fido2, with a server's pages played by hand: BASE HTTPS_ORIGIN COOKIE OTHER_COOKIE.
# Registers and signs in; then does everything wrong that a server must refuse (control A06).


import hashlib
import json
import os
import sys
import urllib.error
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

base, https_origin, cookie, other_cookie = sys.argv[1:5]
ORIGIN = "http://localhost:" + base.rsplit(":", 1)[1]
FLAG = AuthenticatorData.FLAG
VERIFIED = FLAG.UP | FLAG.UV


def call(method, path, body=None, cookie=None, expect=200):
    request = urllib.request.Request(base + path, method=method)
    request.add_header("sec-fetch-site", "same-origin")
    if cookie:
        request.add_header("cookie", cookie)
    data = None
    if body is not None:
        request.add_header("content-type", "application/json")
        data = json.dumps(body).encode()
    try:
        answer = urllib.request.urlopen(request, data)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read().decode()
    assert answer.status == expect, f"{method} {path}: {answer.status} instead of {expect}: {text}"
    return (json.loads(text) if text else None), answer.headers.get("set-cookie", "")


class Authenticator:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.counter = 0
        self.user = None

    def create(self, options, origin=ORIGIN, rp_id="localhost", flags=VERIFIED, type="webauthn.create", challenge=None):
        assert options["rp"]["id"] == "localhost", options
        assert options["authenticatorSelection"]["residentKey"] == "required", options
        assert options["authenticatorSelection"]["userVerification"] == "required", options
        self.user = websafe_decode(options["user"]["id"])
        client = CollectedClientData.create(type, challenge or options["challenge"], origin)
        public = AttestedCredentialData.create(
            Aaguid(bytes(16)), self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        rp = hashlib.sha256(rp_id.encode()).digest()
        data = AuthenticatorData.create(rp, flags | FLAG.AT, self.counter, public)
        made = AttestationObject.create("none", data, {})
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(made),
            "transports": ["internal", "hybrid"],
        }
        return self.credential(response)

    def get(self, options, origin=ORIGIN, rp_id="localhost", flags=VERIFIED, type="webauthn.get", challenge=None,
            counter=None, key=None, user=None, id=None):
        assert options["rpId"] == "localhost" and options["userVerification"] == "required", options
        assert not options.get("allowCredentials"), options
        if counter is None:
            self.counter += 1
            counter = self.counter
        client = CollectedClientData.create(type, challenge or options["challenge"], origin)
        rp = hashlib.sha256(rp_id.encode()).digest()
        data = AuthenticatorData.create(rp, flags, counter)
        signature = (key or self.key).sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        handle = self.user if user is None else user
        if handle:
            response["userHandle"] = websafe_encode(handle)
        return self.credential(response, id)

    def credential(self, response, id=None):
        id = websafe_encode(id or self.id)
        return {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }


def start_registration(of=cookie):
    made, _ = call("POST", "/api/auth/passkeys/registration", cookie=of)
    return made["challenge"], made["options"]


def register(challenge, credential, of=cookie, expect=201):
    body = {"challenge": challenge, "name": "soft key", "credential": credential}
    return call("POST", "/api/auth/passkeys", body, of, expect)[0]


def start():
    made, _ = call("POST", "/api/auth/passkeys/challenge")
    return made["challenge"], made["options"]


def sign_in(challenge, credential, expect=200, way="session"):
    return call("POST", f"/api/auth/passkeys/{way}", {"challenge": challenge, "credential": credential}, None, expect)


OTHER = websafe_encode(os.urandom(32))
WRONG_ANYWHERE = {
    "another site": {"origin": "https://evil.example"},
    "a subdomain": {"origin": ORIGIN.replace("localhost", "evil.localhost")},
    "another port": {"origin": "http://localhost:1"},
    "another scheme": {"origin": ORIGIN.replace("http:", "https:")},
    "another RP id": {"rp_id": "evil.example"},
    "nobody verified": {"flags": FLAG.UP},
    "nobody present": {"flags": FLAG.UV},
    "another challenge": {"challenge": OTHER},
}

# Registering.
mine = Authenticator()
for what, wrong in {**WRONG_ANYWHERE, "the other ceremony": {"type": "webauthn.get"}}.items():
    challenge, options = start_registration()
    register(challenge, Authenticator().create(options, **wrong), expect=401)
    # Whatever came of it, the challenge is used up.
    register(challenge, Authenticator().create(options), expect=401)
    print("registration refused:", what)
challenge, options = start_registration()
register(challenge, mine.create(options), of=other_cookie, expect=401)
challenge, options = start_registration()
registered = register(challenge, mine.create(options))
register(challenge, Authenticator().create(options), expect=401)
challenge, options = start_registration()
assert [websafe_decode(one["id"]) for one in options["excludeCredentials"]] == [mine.id]
register(challenge, mine.create(options), expect=401)
challenge, options = start_registration(other_cookie)
theirs_with_my_id = Authenticator()
theirs_with_my_id.id = mine.id
register(challenge, theirs_with_my_id.create(options), of=other_cookie, expect=409)
other = Authenticator()
challenge, options = start_registration(other_cookie)
register(challenge, other.create(options), of=other_cookie)
second = Authenticator()
challenge, options = start_registration()
register(challenge, second.create(options))
listed, _ = call("GET", "/api/auth/passkeys", cookie=cookie)
assert len(listed) == 2 and listed[0]["id"] == registered["id"], listed

# Signing in, with either, as a browser and as an app, from both of the server's origins.
for key in (mine, second):
    challenge, options = start()
    profile, set_cookie = sign_in(challenge, key.get(options))
    assert profile["email"] == "owner@a.example", profile
    assert set_cookie.startswith("lares=lares_") and "HttpOnly" in set_cookie and "SameSite=Strict" in set_cookie
    challenge, options = start()
    signed_in, _ = sign_in(challenge, key.get(options, origin=https_origin), way="login")
    assert signed_in["access_token"] and signed_in["refresh_token"]
challenge, options = start()
profile, _ = sign_in(challenge, other.get(options))
assert profile["email"] == "neighbour@b.example", profile

WRONG_HERE = {
    **WRONG_ANYWHERE,
    "the other ceremony": {"type": "webauthn.create"},
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another person": {"user": other.user},
    "no person": {"user": b""},
    "an unknown passkey": {"id": os.urandom(32)},
    "another person's passkey": {"id": other.id},
    "the same counter": {"counter": -1},
    "a lower counter": {"counter": -2},
    "no counter any more": {"counter": 0},
}
for what, wrong in WRONG_HERE.items():
    wrong = dict(wrong)
    if wrong.get("counter", 1) < 0:
        wrong["counter"] += mine.counter + 1
    challenge, options = start()
    answer, set_cookie = sign_in(challenge, mine.get(options, **wrong), expect=401)
    assert not set_cookie
    # The counter moved on in between, as with a real one.
    sign_in(challenge, mine.get(options), expect=401)
    challenge, options = start()
    sign_in(challenge, mine.get(options))
    print("sign-in refused:", what)
challenge, options = start()
answer = mine.get(options)
sign_in(challenge, answer)
sign_in(challenge, answer, expect=401)
for_registration, _ = start_registration()
challenge, options = start()
sign_in(for_registration, mine.get(options), expect=401)
challenge, options = start()
tampered = mine.get(options)
tampered["response"]["signature"] = websafe_encode(os.urandom(70))
sign_in(challenge, tampered, expect=401)
for nonsense in ({}, {"id": 1}, {**mine.get(options), "response": {}}, {**mine.get(options), "rawId": "%%%"}):
    sign_in(challenge, nonsense, expect=422)

# A challenge that is five minutes old.
challenge, options = start()
print("let time pass", flush=True)
assert sys.stdin.readline() == "it passed\n"
sign_in(challenge, mine.get(options), expect=401)

# Step-up: by one's own passkey only.
challenge, options = start()
proof = {"passkey": {"challenge": challenge, "credential": other.get(options)}}
call("POST", "/api/auth/step-up", proof, cookie, 401)
challenge, options = start()
proof = {"passkey": {"challenge": challenge, "credential": mine.get(options)}}
_, set_cookie = call("POST", "/api/auth/step-up", proof, cookie, 204)
assert set_cookie.startswith("lares=lares_") and set_cookie.split(";")[0] != cookie
cookie = set_cookie.split(";")[0]

# What was removed signs in no more.
call("PATCH", f"/api/auth/passkeys/{registered['id']}", {"name": "renamed"}, cookie)
assert call("GET", "/api/auth/passkeys", cookie=cookie)[0][0]["name"] == "renamed"
call("DELETE", f"/api/auth/passkeys/{registered['id']}", None, cookie, 204)
challenge, options = start()
sign_in(challenge, mine.get(options), expect=401)
challenge, options = start()
sign_in(challenge, second.get(options))
print("all of it")
