# Schemathesis' configuration for a running demo: api_config.py DEMO_FILE. Operations that end what they are called with (a
# session, all of them, the account and with it the demo) are called by somebody with an account of their own. They are
# tried as any other; those that come behind them go on as the owner.


import sys

from lares_api import Lares, asked

ENDING = ("logout", "endSession", "endAllSessions", "deleteAccount")


def token_of_its_own(lares, name):
    account = {"email": f"accept-{name.lower()}@lares.example", "password": "accept-password-1"}
    lares.ask("/api/auth/register", "POST", account)
    signed_in = lares.ask("/api/auth/login", "POST", account)
    made = asked(f"{lares.base}/api/auth/tokens", signed_in["access_token"], "POST", {"name": "acceptance"})
    return made["token"]


def main(demo_file):
    lares = Lares(demo_file)
    for operation in ENDING:
        print("[[operations]]")
        print(f'include-operation-id = "{operation}"')
        print(f'headers = {{ Authorization = "Bearer {token_of_its_own(lares, operation)}" }}')


main(*sys.argv[1:])
