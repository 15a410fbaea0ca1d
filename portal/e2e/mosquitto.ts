// What people have in their houses, spoken by stock clients: mosquitto_pub and mosquitto_sub over TLS.
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import type { House } from "./house";

const run = promisify(execFile);

export interface Login {
  username: string;
  password: string;
}

function options({ demo }: House, { username, password }: Login): string[] {
  const [host = "", port = ""] = demo.mqtts.split(":");
  return ["--cafile", demo.ca, "-h", host, "-p", port, "-V", "5", "-u", username, "-P", password, "-q", "1"];
}

/** Resolves when the broker has acknowledged it. */
export async function publish(house: House, login: Login, topic: string, payload: string, retain = false): Promise<void> {
  await run("mosquitto_pub", [...options(house, login), "-t", topic, "-m", payload, ...(retain ? ["-r"] : [])], { timeout: 20_000 });
}

/** Stays connected and listens, until it is ended. */
export function listen(house: House, login: Login, filter: string): { end: () => void } {
  const child = spawn("mosquitto_sub", [...options(house, login), "-t", filter], { stdio: "ignore" });
  return { end: () => void child.kill() };
}

const LAMP = {
  ieee_address: "0x00124b0022813f01",
  type: "Router",
  friendly_name: "Kitchen/Ceiling",
  supported: true,
  disabled: false,
  interview_completed: true,
  power_source: "Mains (single phase)",
  manufacturer: "IKEA of Sweden",
  model_id: "TRADFRI bulb E27 WS opal 1000lm",
  software_build_id: "2.3.093",
  definition: {
    model: "LED1732G11",
    vendor: "IKEA",
    description: "TRADFRI bulb E27, white spectrum",
    options: [],
    exposes: [
      {
        type: "light",
        features: [
          { type: "binary", name: "state", property: "state", access: 7, value_on: "ON", value_off: "OFF", value_toggle: "TOGGLE" },
          { type: "numeric", name: "brightness", property: "brightness", access: 7, value_min: 0, value_max: 254 },
        ],
      },
      { type: "enum", name: "effect", property: "effect", access: 2, values: ["blink", "breathe"] },
      { type: "list", name: "schedule", property: "schedule", access: 3, item_type: { type: "text", name: "entry", access: 3 } },
      { type: "numeric", name: "linkquality", property: "linkquality", access: 1, unit: "lqi", value_min: 0, value_max: 255 },
    ],
  },
};

const WINDOW = {
  ...LAMP,
  ieee_address: "0x00158d0004a1b2c3",
  type: "EndDevice",
  friendly_name: "Kitchen/Window",
  power_source: "Battery",
  manufacturer: "LUMI",
  model_id: "lumi.sensor_magnet.aq2",
  definition: {
    model: "MCCGQ11LM",
    vendor: "Aqara",
    description: "Door and window sensor",
    options: [],
    exposes: [
      { type: "binary", name: "contact", property: "contact", access: 1, value_on: false, value_off: true },
      { type: "numeric", name: "battery", property: "battery", access: 1, unit: "%", value_min: 0, value_max: 100 },
    ],
  },
};

/** A Zigbee2MQTT with a lamp and a window contact, as it announces itself at its start. */
export async function announceZigbee(house: House, login: Login): Promise<void> {
  const coordinator = { ieee_address: "0x00124b0018ed3ddf", type: "Coordinator", friendly_name: "Coordinator", supported: true, disabled: false, interview_completed: true, definition: null };
  await publish(house, login, "zigbee2mqtt/bridge/state", '{"state":"online"}', true);
  await publish(house, login, "zigbee2mqtt/bridge/devices", JSON.stringify([coordinator, LAMP, WINDOW]), true);
  await publish(house, login, "zigbee2mqtt/Kitchen/Ceiling", JSON.stringify({ state: "ON", brightness: 127, linkquality: 90 }));
  await publish(house, login, "zigbee2mqtt/Kitchen/Window", JSON.stringify({ contact: true, battery: 87 }));
}
