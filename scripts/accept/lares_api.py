# What the acceptance scripts ask of a live Lares and of a live Home Assistant.


import json
import time
import urllib.parse
import urllib.request


class Refused(Exception):
    """The other side answered with an error."""


def asked(url, token, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {url}: {error.code} {error.read()[:400]!r}") from error
    return json.loads(text) if text else None


def until(found, within_s):
    """What `found` gives once it gives something, or its last answer."""
    end = time.monotonic() + within_s
    while not (it := found()) and time.monotonic() < end:
        time.sleep(0.3)
    return it


class Lares:
    def __init__(self, demo_file):
        with open(demo_file) as file:
            self.demo = json.load(file)
        self.base = "http://" + self.demo["http"]
        self.token = self.demo["owner"]["token"]

    def ask(self, path, method="GET", body=None):
        return asked(self.base + path, self.token, method, body)

    def home_client(self, home, name, trusted=False):
        """User name and password of a new client of the home's space."""
        made = self.ask(f"/api/homes/{home}/mqtt-clients", "POST", {"name": name, "trusted": trusted})
        return made["username"], made["secret"]

    def devices(self, home):
        return self.ask(f"/api/iot/devices?home={home}&limit=1000")["items"]

    def retained(self, home, topic_filter):
        """Topic to payload; empty while a filter is too wide to be shown whole."""
        answer = self.ask(f"/api/homes/{home}/mqtt/topics?filter=" + urllib.parse.quote(topic_filter, safe=""))
        if answer["truncated"]:
            raise Refused(f"more is retained under {topic_filter} than is shown")
        return {item["topic"]: item["payload"] for item in answer["items"]}

    def state(self, device):
        """Presence, and (endpoint, attribute) to value."""
        state = self.ask(f"/api/iot/devices/{device}/state")
        values = {(item["endpoint"], item["attribute"]): item["value"] for item in state["attributes"]}
        return state["presence"]["status"], values

    def command(self, device, name, **args):
        """Sends a command and waits for its end."""
        path = f"/api/iot/devices/{device}/commands"
        command = self.ask(path, "POST", {"name": name, "args": args})
        ended = ("confirmed", "refused", "failed", "expired", "unconfirmed")

        def end():
            now = self.ask(f"/api/iot/commands/{command['id']}")
            return now if now["state"] in ended else None

        return until(end, 40)


class HomeAssistant:
    def __init__(self, port, token_file):
        self.base = f"http://127.0.0.1:{port}"
        with open(token_file) as file:
            self.token = file.read().strip()

    def states(self):
        """Entity id to its state object."""
        return {entity["entity_id"]: entity for entity in asked(self.base + "/api/states", self.token)}

    def state(self, entity):
        return asked(f"{self.base}/api/states/{entity}", self.token)

    def call(self, domain, service, **data):
        asked(f"{self.base}/api/services/{domain}/{service}", self.token, "POST", data)
