# How fast Lares absorbs state updates of another maker's sensors, asked as Home Assistant is asked by the recipe's bench.py:
# N updates over K sensors as fast as they go, done when the last one is seen by REST.
#   absorb.py DEMO HOME LARES_PID
# Prints a line for QoS 0, and one for QoS 1, where all are acknowledged as well, which is when they are durable. Needs
# paho-mqtt.


import json
import os
import sys
import time

import paho.mqtt.client as mqtt
from lares_api import Lares, until

N = int(os.environ.get("N", 10000))
K = int(os.environ.get("K", 100))
POWER = "ElectricalPowerMeasurement.ActivePower"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
WITHIN_S = 120


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def connected(lares, home):
    name, secret = lares.home_client(home, "absorb", trusted=True)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
    client.username_pw_set(name, secret)
    client.max_inflight_messages_set(10000)
    host, port = lares.demo["mqtt"].rsplit(":", 1)
    client.connect(host, int(port))
    client.loop_start()
    return client


def config_topic(sensor):
    return f"homeassistant/sensor/absorb{sensor}/config"


def announce(lares, home, client):
    """Device ids by sensor."""
    for sensor in range(K):
        config = {
            "name": None,
            "unique_id": f"absorb{sensor}",
            "state_topic": f"absorb/{sensor}",
            "device_class": "power",
            "unit_of_measurement": "W",
            "device": {"identifiers": [f"absorb{sensor}"], "name": f"absorb {sensor}"},
        }
        client.publish(config_topic(sensor), json.dumps(config), 1, True)

    def all_there():
        by_name = {device["name"]: device["id"] for device in lares.devices(home)}
        known = [by_name.get(f"absorb {sensor}") for sensor in range(K)]
        return known if all(known) else None

    return until(all_there, 60) or sys.exit("absorb: the sensors were not accepted")


def power(lares, device):
    """At whatever endpoint it was put."""
    return next((value for (_, attribute), value in lares.state(device)[1].items() if attribute == POWER), None)


def absorb(lares, client, devices, pid, qos):
    """Values differ from those of the run before."""
    offset = 20000 * qos
    before, began = cpu_s(pid), time.perf_counter()
    sent = [client.publish(f"absorb/{n % K}", str(offset + n), qos) for n in range(N)]
    last, device = offset + N - 1, devices[(N - 1) % K]
    while power(lares, device) != last:
        if time.perf_counter() - began > WITHIN_S:
            sys.exit(f"absorb: QoS {qos}: the last value was not seen in {WITHIN_S} s")
        time.sleep(0.05)
    if qos:
        for message in sent:
            message.wait_for_publish(WITHIN_S)
    wall = time.perf_counter() - began
    cpu_us = (cpu_s(pid) - before) * 1e6 / N
    print(f"absorb: Lares, QoS {qos}: {N} updates of {K} sensors, {N / wall:.0f}/s, CPU {cpu_us:.0f} us each", flush=True)


def main():
    lares, home, pid = Lares(sys.argv[1]), sys.argv[2], sys.argv[3]
    client = connected(lares, home)
    devices = announce(lares, home, client)
    for qos in (0, 1):
        absorb(lares, client, devices, pid, qos)
    for sensor in range(K):
        client.publish(config_topic(sensor), b"", 1, True).wait_for_publish(WITHIN_S)
    client.disconnect()


main()
