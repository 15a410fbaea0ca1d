# Schemathesis' configuration for a running demo: api_config.py DEMO_FILE. Operations that end what they are called with (a
# session, all of them, the account and with it the demo) are called by somebody with an account of their own. They are
# tried as any other; those that come behind them go on as the owner.
#
# What is valid by its schema may be wrong all the same, as a cursor that nobody gave out (410), a zone that there is not, an
# idempotency key of another request (422), an OAuth request without a client (400), no WebSocket (426). Those answers, with
# the field and the reason, are what the document promises; others to valid requests still fail.


import sys

from lares_api import Lares, asked

ENDING = ("logout", "endSession", "endAllSessions", "deleteAccount")
ANSWERS = ("2xx", "3xx", "400", "401", "403", "404", "409", "410", "422", "426", "429", "5xx")


def token_of_its_own(lares, name):
    account = {"email": f"accept-{name.lower()}@lares.example", "password": "accept-password-1"}
    lares.ask("/api/auth/register", "POST", account)
    signed_in = lares.ask("/api/auth/login", "POST", account)
    made = asked(f"{lares.base}/api/auth/tokens", signed_in["access_token"], "POST", {"name": "acceptance"})
    return made["token"]


def main(demo_file):
    lares = Lares(demo_file)
    print("[checks]")
    print(f"positive_data_acceptance.expected-statuses = [{', '.join(map(repr, ANSWERS))}]")
    for operation in ENDING:
        print("[[operations]]")
        print(f'include-operation-id = "{operation}"')
        print(f'headers = {{ Authorization = "Bearer {token_of_its_own(lares, operation)}" }}')


main(*sys.argv[1:])
