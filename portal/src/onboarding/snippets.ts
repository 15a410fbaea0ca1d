// How one speaks for a device from a terminal, ready to paste. Pure text from credentials and address.
import type { Schemas } from "../api/client";
import type { Value } from "../live/protocol";

export interface Broker {
  host: string;
  port: number;
}

export type Credentials = Schemas["CredentialsView"];

export interface Sample {
  attribute: string;
  value: Value;
}

/** The authority's file as the person saved it. */
export const CA_FILE = "lares-ca.crt";

function topic(credentials: Credentials, channel: string): string {
  return credentials.topics[channel] ?? `lares/devices/${credentials.client_id}/${channel}`;
}

function payload(sample: Sample): string {
  return JSON.stringify({ v: 1, readings: [{ attribute: sample.attribute, value: sample.value }] });
}

/** In a shell, single quotes keep everything as it is but themselves. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function shell(command: string, credentials: Credentials, broker: Broker): string[] {
  return [
    `${command} --cafile ${CA_FILE} -h ${broker.host} -p ${broker.port} -V 5 \\`,
    `  -i ${credentials.client_id} -u ${credentials.username} -P ${quoted(credentials.password)} \\`,
  ];
}

export function publishSnippet(credentials: Credentials, broker: Broker, sample: Sample): string {
  return [...shell("mosquitto_pub", credentials, broker), `  -q 1 -t ${topic(credentials, "state")} \\`, `  -m ${quoted(payload(sample))}`].join("\n");
}

export function subscribeSnippet(credentials: Credentials, broker: Broker): string {
  return [...shell("mosquitto_sub", credentials, broker), `  -q 1 -t ${topic(credentials, "command")}`].join("\n");
}

function python(value: Value): string {
  return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}

/** What the sample device does when it is asked to. What it can switch it switches, so that its owner sees Done. */
function deed(sample: Sample): string {
  if (sample.attribute !== "OnOff.OnOff") return "    # Do what was asked, then report the value that came of it: that is the proof.";
  return `    # The state that came of it is the proof: without it, the command is never done.
    if command["name"] in ("OnOff.On", "OnOff.Off"):
        report(command["name"] == "OnOff.On")`;
}

export function pythonSnippet(credentials: Credentials, broker: Broker, sample: Sample): string {
  return `# Save as device.py beside ${CA_FILE}, then:
# python3 -m venv .venv && .venv/bin/pip install paho-mqtt && .venv/bin/python device.py
import json
import paho.mqtt.client as mqtt

def report(value):
    reading = {"attribute": "${sample.attribute}", "value": value}
    client.publish("${topic(credentials, "state")}", json.dumps({"v": 1, "readings": [reading]}), qos=1)

def connected(client, userdata, flags, reason, properties):
    print("connected:", reason)
    client.subscribe("${topic(credentials, "command")}", qos=1)
    report(${python(sample.value)})

def commanded(client, userdata, message):
    command = json.loads(message.payload)
    print("asked to:", command["name"], command["args"])
    answer = {"v": 1, "command": command["command"], "status": "accepted"}
    client.publish("${topic(credentials, "ack")}", json.dumps(answer), qos=1)
${deed(sample)}

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="${credentials.client_id}", protocol=mqtt.MQTTv5)
client.username_pw_set("${credentials.username}", ${JSON.stringify(credentials.password)})
client.tls_set(ca_certs="${CA_FILE}")
client.on_connect = connected
client.on_message = commanded
client.connect("${broker.host}", ${broker.port}, keepalive=45)
client.loop_forever()
`;
}

/** As one address, for devices that are set up by scanning it. */
export function mqttsUrl(credentials: Credentials, broker: Broker): string {
  const user = encodeURIComponent(credentials.username);
  const password = encodeURIComponent(credentials.password);
  return `mqtts://${user}:${password}@${broker.host}:${broker.port}/?client_id=${encodeURIComponent(credentials.client_id)}`;
}

/** The same as JSON, with the topics. */
export function credentialsJson(credentials: Credentials, broker: Broker): string {
  return JSON.stringify({ host: broker.host, port: broker.port, tls: true, ...credentials });
}
