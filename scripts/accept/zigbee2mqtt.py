# Zigbee2MQTT's devices as Lares has them, beside what Home Assistant shows of the same home; then a lamp switched from
# either side. zigbee2mqtt.py DEMO HOME HA_PORT TOKENFILE ANONYMOUS_MQTT_PORT DEVICES, which is how many devices the radio
# has. Needs paho-mqtt, which Home Assistant brings.


import json
import re
import socket
import sys
import time

import paho.mqtt.client as mqtt
from lares_api import HomeAssistant, Lares, until

RADIO = ("127.0.0.1", 18899)
# The end of an entity's id there: our attribute, and what a value of ours is there. What is not here is compared with the
# part of the device that has the entity's name.
WORDS = {
    "temperature": ("TemperatureMeasurement.MeasuredValue", float),
    "humidity": ("RelativeHumidityMeasurement.MeasuredValue", float),
    "pressure": ("PressureMeasurement.MeasuredValue", float),
    "battery": ("PowerSource.BatPercentRemaining", float),
    "battery_low": ("PowerSource.BatChargeLevel", lambda level: "off" if level == "OK" else "on"),
    "power": ("ElectricalPowerMeasurement.ActivePower", float),
    "current": ("ElectricalPowerMeasurement.ActiveCurrent", float),
    "energy": ("ElectricalEnergyMeasurement.CumulativeEnergyImported", lambda wh: wh / 1000),
    "contact": ("BooleanState.StateValue", lambda closed: "off" if closed else "on"),
    "": ("OnOff.OnOff", lambda on: "on" if on else "off"),
}
# What shows no value there: our capability that can do the same.
DEEDS = {"identify": "Identify"}
# Attributes of the parts that have no capability of their own.
PLAIN = ("ModeSelect.CurrentMode", "Number.Value", "Text.Value", "State.Value", "Measurement.Value")
# Units of theirs in ours.
UNITS = {"mV": 0.001, "kWh": 1000.0, "kW": 1000.0, "mA": 0.001}
REPORTS = {
    "lumi.weather": [
        ("msTemperatureMeasurement", "measuredValue", 2150),
        ("msRelativeHumidity", "measuredValue", 4800),
        ("msPressureMeasurement", "measuredValue", 1013),
    ],
    "TS0121": [("genOnOff", "onOff", 1)],
    "DS01": [("iasStatus", "", 1), ("genPowerCfg", "batteryPercentageRemaining", 180)],
    "LED1624G9E27EU": [],
}


class Bridge:
    """What Zigbee2MQTT says, heard by a client of the same home."""

    def __init__(self, port):
        self.said = {}
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
        self.client.on_message = self.heard
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("zigbee2mqtt/#", 1)
        self.client.loop_start()

    def heard(self, _client, _userdata, message):
        try:
            self.said[message.topic] = json.loads(message.payload)
        except ValueError:
            pass

    def devices(self):
        listed = self.said.get("zigbee2mqtt/bridge/devices", [])
        return [one for one in listed if one["type"] != "Coordinator" and one.get("definition")]


def report(device):
    """The radio tells the attributes of a device, each of another value than the next device's."""
    shift = int(device["ieee_address"], 16) % 10
    radio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for cluster, attribute, value in REPORTS.get(device["model_id"], []):
        value += shift * 10 if value > 1 and cluster != "genPowerCfg" else 0
        told = {"ieee": device["ieee_address"], "cluster": cluster, "attr": attribute, "value": value}
        radio.sendto(json.dumps(told).encode(), RADIO)


def of_bridge(lares, home):
    devices = [one for one in lares.devices(home) if (one.get("origin") or {}).get("dialect") == "zigbee2mqtt"]
    return {device["origin"]["foreign_id"]: device for device in devices}


def alike(ours, theirs):
    try:
        return abs(float(ours) - float(theirs)) < 0.006
    except ValueError:
        return ours == theirs


def slug(text):
    return re.sub(r"[^a-z0-9]+", "_", (text or "").lower()).strip("_")


def installed_and_latest(values):
    said = {name: value for (_, name), value in values.items() if name.startswith("SoftwareUpdate.")}
    installed, latest = said.get("SoftwareUpdate.InstalledVersion"), said.get("SoftwareUpdate.LatestVersion")
    return "unknown" if installed is None or latest is None else "off" if installed == latest else "on"


def in_words(device, values, word):
    attribute, translated = WORDS[word]
    found = [value for (_, name), value in values.items() if name == attribute]
    return translated(found[0]) if found else "unknown"


def can_have(lares, device, word):
    """Whether the device has a capability with an attribute of this name, reported or not."""
    if not hasattr(can_have, "attributes"):
        listed = lares.ask("/api/capabilities")
        can_have.attributes = {one["name"]: {slug(each["name"]) for each in one["attributes"]} for one in listed}
    names = {name for part in device["endpoints"] for name in part["capabilities"]}
    return any(word in can_have.attributes.get(name, ()) for name in names)


def of_part(lares, device, values, word, unit):
    """The value of the part that is called as the entity is, or of the attribute that is; None where there is none."""
    parts = [part["endpoint"] for part in device["endpoints"] if slug(part.get("name")) == word]
    for (endpoint, name), value in values.items():
        if endpoint in parts and name in PLAIN:
            return value
    if parts:
        return "unknown"
    named = [value for (_, name), value in values.items() if slug(name.split(".")[1]) == word]
    if named:
        # Ours is in the unit of the catalogue, theirs in the device's.
        return named[0] / UNITS[unit] if unit in UNITS else named[0]
    return "unknown" if can_have(lares, device, word) else None


def difference(lares, device, kept, shown, entity, word):
    """None where both show the same, or both nothing yet; `shown` is the entity there."""
    theirs, unit = shown.get("state", "absent"), shown.get("attributes", {}).get("unit_of_measurement")
    if word in DEEDS:
        can = any(DEEDS[word] in part["capabilities"] for part in device["endpoints"])
        return None if can else f"{entity}: nothing of it here"
    _, values = lares.state(device["id"])
    if entity.startswith("update."):
        ours = installed_and_latest(values)
    elif word in WORDS:
        ours = in_words(device, values, word)
    else:
        ours = of_part(lares, device, values, word, unit)
    if ours is None and word in kept:
        # No word for it here: kept and shown as it came, and it has no value there either.
        ours = "unknown"
    if ours is None:
        return f"{entity}: {theirs} there, and not compared with anything here"
    ours = "on" if ours is True else "off" if ours is False else ours
    return None if alike(ours, theirs) else f"{entity}: {theirs} there, {ours} here"


def kept_parts(lares, home):
    """By foreign id, the names of what a device said and we have no word for."""
    # The bridge is trusted: its devices are accepted as they come.
    items = lares.ask(f"/api/homes/{home}/discovered?state=accepted")["items"]
    return {
        item["foreign_id"]: {slug(part["name"]) for part in item.get("unknown", [])}
        for item in items
        if item["dialect"] == "zigbee2mqtt"
    }


def compare(lares, ha, home, ours):
    compared, wrong, kept = 0, [], kept_parts(lares, home)
    for entity in ha.states():
        match = re.fullmatch(r"[a-z_]+\.(0x[0-9a-f]{16})_?(.*)", entity)
        device = match and ours.get(match[1])
        if not device:
            continue
        compared += 1

        def differs():
            shown = ha.states().get(entity, {})
            return difference(lares, device, kept.get(match[1], set()), shown, entity, match[2])

        if not until(lambda: differs() is None, 15):
            wrong.append(differs())
    print(f"z2m: {compared} entities, every one compared; {len(wrong)} differ")
    for line in wrong:
        print("z2m:   ", line)
    return not wrong and compared >= 21


def switch(lares, ha, bridge, ours):
    """On from Lares, off from Home Assistant; everybody must know each time."""
    lamp = next(one for one in bridge.devices() if "TRADFRI" in one["model_id"])
    device = ours[lamp["ieee_address"]]
    entity, topic = f"light.{lamp['ieee_address']}", f"zigbee2mqtt/{lamp['friendly_name']}"

    def all_say(word):
        shown = [
            ha.state(entity)["state"],
            str(bridge.said.get(topic, {}).get("state")).lower(),
            next(("on" if value else "off" for (_, name), value in lares.state(device["id"])[1].items() if name == "OnOff.OnOff"), None),
        ]
        all_say.shown = shown
        return shown == [word] * 3

    lares.command(device["id"], "OnOff.Off")
    until(lambda: all_say("off"), 10)
    command = lares.command(device["id"], "OnOff.On")
    on = until(lambda: all_say("on"), 15)
    print(f"z2m: lamp on from Lares: {command and command['state']}; Home Assistant, Zigbee2MQTT, Lares: {all_say.shown}")
    ha.call("light", "turn_off", entity_id=entity)
    off = until(lambda: all_say("off"), 15)
    print(f"z2m: lamp off from Home Assistant: {all_say.shown}")
    return bool(on and off and command and command["state"] == "confirmed")


def main(demo, home, ha_port, token_file, mqtt_port, count):
    lares, ha, bridge = Lares(demo), HomeAssistant(ha_port, token_file), Bridge(int(mqtt_port))

    def settled():
        theirs = [one["ieee_address"] for one in bridge.devices()]
        shown = " ".join(ha.states())
        return len(theirs) == int(count) and all(one in of_bridge(lares, home) and one in shown for one in theirs)

    until(settled, 150)
    time.sleep(3)  # the last entities of a device come one after another
    theirs, ours = bridge.devices(), of_bridge(lares, home)
    missing = [one["friendly_name"] for one in theirs if one["ieee_address"] not in ours]
    print(f"z2m: {len(theirs)} devices in Zigbee2MQTT, {len(ours)} of them in Lares; missing: {missing}")
    if len(theirs) != int(count):
        return False
    for one in theirs:
        report(one)
    inbox = [one for one in lares.ask(f"/api/homes/{home}/discovered")["items"] if "0x00158d" in json.dumps(one)]
    twice = [one["name"] for one in inbox if one["dialect"] != "zigbee2mqtt"]
    print(f"z2m: shown a second time by another dialect: {twice}")
    return all([not missing, not twice, compare(lares, ha, home, ours), switch(lares, ha, bridge, ours)])


sys.exit(0 if main(*sys.argv[1:]) else 1)
