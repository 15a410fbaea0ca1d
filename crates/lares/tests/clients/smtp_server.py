# An SMTP server that nobody here wrote (aiosmtpd), with STARTTLS and a password, which keeps what it takes in a folder.
# How it treats a mail stands in front of the recipient's address, for the first try only (refuse: always):
# later- (451), drop- (the connection breaks before the mail is taken), lost- (it breaks after it was taken),
# refuse- (550), slow- (takes 300 ms each time).

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

port, certificate, key, username, password, folder = sys.argv[1:]


class Keeper:
    def __init__(self):
        self.seen = set()
        self.number = len(os.listdir(folder))

    def first(self, what, address):
        if not address.startswith(what) or address in self.seen:
            return False
        self.seen.add(address)
        return True

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refuse-"):
            return "550 5.1.1 no such mailbox: " + address
        if self.first("later-", address):
            return "451 4.7.1 greylisted, try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if self.first("drop-", address):
            server.transport.abort()
            return "421 gone"
        if address.startswith("slow-"):
            await asyncio.sleep(0.3)
        self.keep(session, envelope)
        if self.first("lost-", address):
            server.transport.abort()
        return "250 OK"

    def keep(self, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "text": message.get_body(("plain",)).get_content(),
            "html": message.get_body(("html",)).get_content(),
            "raw": envelope.content.decode("ascii"),
            "encrypted": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        self.number += 1
        place = os.path.join(folder, "%05d.json" % self.number)
        with open(place + ".new", "w") as file:
            json.dump(kept, file)
        os.rename(place + ".new", place)


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (username.encode(), password.encode())
    return AuthResult(success=right, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
Controller(
    Keeper(),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    require_starttls=True,
    authenticator=authenticate,
    auth_required=True,
    auth_require_tls=True,
).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
