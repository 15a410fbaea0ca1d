# Compares our export with what Home Assistant made of it. The expected state comes from our API's values, by the words
# below, not through the templates that the export itself uses.
#   export.py client DEMO HOME NAME [trusted]    makes a client of the home's MQTT space; prints its name and password
#   export.py on DEMO HOME                       switches the export on, and waits until it is said
#   export.py expect DEMO HOME FILE              writes what judge.py --expect takes

#   export.py check DEMO HOME HA_PORT TOKENFILE  compares every entity, and switches a plug from Home Assistant


import json
import sys

from lares_api import HomeAssistant, Lares, until

LOCK = {"Locked": "locked", "Unlocked": "unlocked", "Unlatched": "unlocked", "NotFullyLocked": "jammed"}
MODES = {"Off": "off", "Auto": "auto", "Cool": "cool", "Heat": "heat", "EmergencyHeat": "heat", "FanOnly": "fan_only"}
MODES["Dry"] = "dry"
VALVE = {"Open": "open", "Closed": "closed", "Transitioning": "opening"}
# Values of binary sensors that are `off` there, where they are neither true nor false.
NORMAL = {"SmokeState": "Normal", "COState": "Normal", "BatteryAlert": "Normal", "BatChargeLevel": "OK"}
NORMAL["DoorState"] = "DoorClosed"
# What people and sensors change by themselves; checked one by one, and not all at one moment.
LIVELY = ("sensor", "binary_sensor", "climate", "event", "button", "scene", "update")


def on_off(value):
    return "on" if value else "off"


def cover(value):
    return "closed" if value >= 100 else "open"


BY_COMPONENT = {
    "switch": on_off,
    "light": on_off,
    "siren": on_off,
    "lock": LOCK.get,
    "valve": VALVE.get,
    "climate": MODES.get,
    "cover": cover,
    "sensor": str,
    "number": str,
    "text": str,
}
# The key that names the topic of an entity's own state, where it is not `state_topic`.
STATE_KEY = {"climate": "mode_state_topic", "cover": "position_topic"}


def binary(config, attribute, value):
    if isinstance(value, bool):
        return on_off(value != (config.get("device_class") == "opening"))
    return on_off(value != NORMAL[attribute.split(".")[1]])


class Entity:
    def __init__(self, topic, config):
        self.component = topic.split("/")[1]
        self.config = config
        self.id = config["default_entity_id"]
        self.device = config["availability_topic"].split("/")[1]
        state = config.get(STATE_KEY.get(self.component, "state_topic"))
        parts = state.split("/") if state else []
        self.place = (int(parts[2]), parts[3]) if len(parts) == 5 and parts[4] == "state" else None
        if state and parts[-1] != "event" and self.place is None:
            self.place = (int(parts[2]), parts[3])

    def expected(self, lares):
        """What Home Assistant must show; None where any state will do."""
        presence, values = lares.state(self.device)
        if presence == "offline":
            return "unavailable"
        if self.component in ("event", "button", "scene", "update") or self.place is None:
            return None
        if self.place not in values:
            return "unknown"
        value = values[self.place]
        if self.component == "binary_sensor":
            return binary(self.config, self.place[1], value)
        if self.component == "fan":
            return on_off(value not in (False, "Off"))
        return BY_COMPONENT[self.component](value)


def entities(lares, home):
    found = lares.retained(home, "homeassistant/+/+/+/config")
    ours = {topic: json.loads(text) for topic, text in found.items() if topic.split("/")[2].startswith("lares_")}
    return [Entity(topic, config) for topic, config in sorted(ours.items())]


def same(expected, shown):
    if expected is None or expected == shown:
        return True
    try:
        return abs(float(expected) - float(shown)) <= 1e-6 * max(1.0, abs(float(expected)))
    except ValueError:
        return False


def export(lares, home):
    lares.ask(f"/api/homes/{home}", "PATCH", {"export_homeassistant": True})
    exported = {device["id"] for device in lares.devices(home) if not device.get("origin")}
    until(lambda: exported <= {entity.device for entity in entities(lares, home)}, 20)
    missing = exported - {entity.device for entity in entities(lares, home)}
    print(f"export: {len(exported)} devices, {len(entities(lares, home))} entities; not told of: {sorted(missing)}")
    return not missing


def expect(lares, home, file):
    lines = []
    for entity in entities(lares, home):
        state = None if entity.component in LIVELY else entity.expected(lares)
        lines.append({"entity_id": entity.id, "state": state})
    with open(file, "w") as out:
        json.dump(lines, out)
    return True


def compare(lares, home, ha):
    """A value that changes meanwhile is looked at again on both sides."""
    wrong = {}
    every = entities(lares, home)
    for entity in every:
        seen = []

        def agrees(entity=entity, seen=seen):
            seen[:] = [entity.expected(lares), ha.states().get(entity.id, {}).get("state", "absent")]
            return same(*seen) and seen[1] != "absent"

        if not until(agrees, 15):
            wrong[entity.id] = seen
    print(f"export: {len(every) - len(wrong)} of {len(every)} entities show what our API says; wrong: {wrong}")
    return not wrong


def commands(lares, device):
    return lares.ask(f"/api/iot/devices/{device}/commands?limit=1000")["items"]


def switch(lares, home, ha):
    """A plug is switched in Home Assistant: the command must reach our device, and be confirmed by it."""
    for entity in entities(lares, home):
        if entity.component != "switch" or entity.expected(lares) not in ("on", "off"):
            continue
        wanted = "off" if entity.expected(lares) == "on" else "on"
        known = {one["id"] for one in commands(lares, entity.device)}
        ha.call("switch", f"turn_{wanted}", entity_id=entity.id)

        def confirmed(entity=entity, wanted=wanted, known=known):
            new = [one for one in commands(lares, entity.device) if one["id"] not in known]
            right = [one for one in new if one["issuer"]["type"] == "mqtt_client" and one["state"] == "confirmed"]
            return next((one for one in right if one["name"] == f"OnOff.{wanted.capitalize()}"), None)

        command = until(confirmed, 30)
        shown = until(lambda entity=entity, wanted=wanted: ha.state(entity.id)["state"] == wanted, 15)
        told = f"{command['name']} {command['state']}" if command else "no confirmed command"
        print(f"export: {entity.id} turned {wanted} in Home Assistant: {told}; shown there: {bool(shown)}")
        return bool(command and shown)
    print("export: no plug is there to be switched")
    return False


def main(verb, demo, home, *rest):
    lares = Lares(demo)
    if verb == "client":
        print(*lares.home_client(home, rest[0], trusted="trusted" in rest))
        return True
    if verb == "on":
        return export(lares, home)
    if verb == "expect":
        return expect(lares, home, rest[0])
    ha = HomeAssistant(*rest)
    # Both are looked at whatever comes of the first.
    return all([compare(lares, home, ha), switch(lares, home, ha)])


sys.exit(0 if main(*sys.argv[1:]) else 1)
