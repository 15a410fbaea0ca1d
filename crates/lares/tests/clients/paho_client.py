# paho-mqtt as a home's client: URL USERNAME PASSWORD AUTHORITY. Both versions of the protocol, one after the other.


import queue
import sys
from urllib.parse import urlparse

import paho.mqtt.client as paho

url, username, password, authority = sys.argv[1:5]
way = urlparse(url)


def speak(version, name):
    heard = queue.Queue()
    transport = "websockets" if way.scheme.startswith("ws") else "tcp"
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=version, transport=transport)
    client.username_pw_set(username, password)
    if way.scheme in ("mqtts", "wss"):
        client.tls_set(ca_certs=authority)
    if transport == "websockets":
        client.ws_set_options(path=way.path)
    ready = queue.Queue()
    client.on_connect = lambda c, u, f, reason, p: ready.put(str(reason))
    client.on_subscribe = lambda c, u, mid, reasons, p: ready.put(str(reasons))
    client.on_message = lambda c, u, message: heard.put((message.topic, message.payload))
    client.connect(way.hostname, way.port)
    client.loop_start()
    assert ready.get(timeout=20) == "Success"
    client.subscribe(f"{name}/#", qos=2)
    assert "2" in ready.get(timeout=20)
    wanted = set()
    for qos in (0, 1, 2):
        for retain in (False, True):
            topic, payload = f"{name}/{qos}/{retain}", f"{qos} {retain}".encode() * 100
            client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(20)
            wanted.add((topic, payload))
    got = {heard.get(timeout=20) for _ in wanted}
    assert got == wanted, (got, wanted)
    client.disconnect()
    client.loop_stop()


# What is retained of one way must not be heard on the next.
speak(paho.MQTTv311, f"paho-311-{way.scheme}")
speak(paho.MQTTv5, f"paho-5-{way.scheme}")
print("heard everything")
