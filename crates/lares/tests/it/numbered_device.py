# A device on paho-mqtt that publishes numbered messages at QoS 1, pipelined, and tells on standard output which of
# them were acknowledged. It reconnects by itself and lets paho send again what was not acknowledged. Stops publishing
# when its standard input ends, waits for the last acknowledgements, and says `done`.

import json
import ssl
import sys
import threading
import time

import paho.mqtt.client as mqtt

ACTIVE_POWER = "ElectricalPowerMeasurement.ActivePower"
WINDOW = 256

task = json.loads(sys.argv[1])
device = task["device"]
start_ms = task["start_ms"]
version = mqtt.MQTTv5 if task["version"] == 5 else mqtt.MQTTv311
base = f"lares/devices/{device}"

changed = threading.Condition()
waiting = {}  # mid -> (stream, number)
early = set()  # acknowledged before publish() returned its mid
connected = False
stopping = False
# Since the connection was lost, until all of before is acknowledged: paho would let new messages overtake old ones.
catching_up = False


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def coin(number):
    """Changes often and not always, the same for a number each time."""
    return (number * 2654435761) >> 7 & 1 == 1


def message(stream, number):
    """Streams: time, sequence, neither; and states with a time or a sequence."""
    if stream == "time":
        reading = {"endpoint": 1, "attribute": ACTIVE_POWER, "value": number}
        return "telemetry", {"v": 1, "time": start_ms + number, "readings": [reading]}
    if stream == "seq":
        reading = {"endpoint": 2, "attribute": ACTIVE_POWER, "value": number}
        return "telemetry", {"v": 1, "seq": number, "epoch": "numbered", "readings": [reading]}
    if stream == "neither":
        reading = {"endpoint": 3, "attribute": ACTIVE_POWER, "value": number}
        return "telemetry", {"v": 1, "readings": [reading]}
    if stream == "state":
        reading = {"endpoint": 1, "attribute": "OnOff.OnOff", "value": coin(number)}
        return "state", {"v": 1, "time": start_ms + number, "readings": [reading]}
    reading = {"endpoint": 2, "attribute": "OnOff.OnOff", "value": coin(number)}
    return "state", {"v": 1, "seq": number, "epoch": "numbered", "readings": [reading]}


def publish(client, stream, number, topic, body):
    # Not under the lock: paho holds its own while it calls on_publish.
    info = client.publish(f"{base}/{topic}", json.dumps(body), qos=1)
    with changed:
        if info.mid in early:
            early.discard(info.mid)
            acknowledged(stream, number)
        else:
            waiting[info.mid] = (stream, number)


def settle_down():
    global catching_up
    if connected and not any(stream != "answer" for stream, _ in waiting.values()):
        catching_up = False


def acknowledged(stream, number):
    if stream != "answer":
        say("ack", stream, number)


def on_connect(client, userdata, flags, reason, properties):
    global connected
    if reason.is_failure:
        say("refused", reason)
        return
    client.subscribe(f"{base}/command", qos=1)
    with changed:
        connected = True
        settle_down()
        changed.notify_all()
    say("connected")


def on_disconnect(client, userdata, flags, reason, properties):
    global connected, catching_up
    with changed:
        connected = False
        catching_up = True
    say("disconnected", reason)


def on_publish(client, userdata, mid, reason, properties):
    with changed:
        if reason.is_failure:
            say("rejected", waiting.pop(mid, None), reason)
        elif mid in waiting:
            acknowledged(*waiting.pop(mid))
        else:
            early.add(mid)
        settle_down()
        changed.notify_all()


def on_message(client, userdata, incoming):
    command = json.loads(incoming.payload)
    say("command", command["command"], command["name"])
    now = int(time.time() * 1000)
    answer = {"v": 1, "time": now, "command": command["command"], "status": "accepted"}
    publish(client, "answer", 0, "ack", answer)
    if command["name"] in ("OnOff.On", "OnOff.Off"):
        value = command["name"] == "OnOff.On"
        reading = {"endpoint": command["endpoint"], "attribute": "OnOff.OnOff", "value": value}
        publish(client, "answer", 0, "state", {"v": 1, "time": now, "readings": [reading]})


def wait_for_stop():
    global stopping
    sys.stdin.read()
    with changed:
        stopping = True
        changed.notify_all()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device, protocol=version)
client.username_pw_set(device, task["password"])
if task["ca"]:
    client.tls_set(ca_certs=task["ca"], tls_version=ssl.PROTOCOL_TLS_CLIENT)
client.max_inflight_messages_set(WINDOW)
client.reconnect_delay_set(min_delay=0.05, max_delay=0.2)
client.on_connect = on_connect
client.on_disconnect = on_disconnect
client.on_publish = on_publish
client.on_message = on_message
client.connect_async(task["host"], task["port"], keepalive=task["keep_alive_s"])
# Its own thread, and not one of ours around loop_forever(): only so does publish() leave the socket to it.
client.loop_start()
threading.Thread(target=wait_for_stop, daemon=True).start()

STREAMS = ("time", "seq", "neither", "state", "state-seq")


def next_turn():
    """Waits until a message may go out; false when there is to be none."""
    with changed:
        while not stopping and (catching_up or not connected or len(waiting) >= WINDOW // 2):
            changed.wait()
        return not stopping


def publish_numbers():
    number = 0
    while True:
        for _ in range(task["burst"]):
            for stream in STREAMS:
                if not next_turn():
                    return number
                publish(client, stream, number, *message(stream, number))
            number += 1
        time.sleep(task["pause_s"])


number = publish_numbers()
deadline = time.time() + 60
with changed:
    while waiting and time.time() < deadline:
        changed.wait(0.1)
    say("done", number, len(waiting))
client.disconnect()
