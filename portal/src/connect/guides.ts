// What one writes into a thing so that it comes to the broker: as its own settings want it, ready to paste. Pure text.

export const PRODUCTS = ["home_assistant", "zigbee2mqtt", "tasmota", "shelly", "esphome", "other"] as const;
export type Product = (typeof PRODUCTS)[number];

export interface Access {
  host: string;
  port: number;
  username: string;
  /** What stands there while the password is not known any more. */
  password: string;
  /** The authority that signed the server's certificate (PEM); without one, everybody knows it. */
  authority: string | undefined;
}

/** Where one pastes the text; a word of the catalogue says it. */
export interface Snippet {
  id: "settings" | "configuration" | "console" | "authority" | "rpc" | "yaml" | "subscribe" | "publish";
  text: string;
}

/** Topic filters of the home's own space; without, everything in it. */
export interface Rights {
  publish: string[];
  subscribe: string[];
}

/** The authority's file as the person saved it. */
export const CA_FILE = "lares-ca.crt";
/** In place of the address of a thing that stands in the house. */
const THING = "192.168.1.50";
/** Tasmota takes this for: remember the key that the server shows first. */
const LEARN_KEY = "0".repeat(40);

/** In a shell, single quotes keep everything as it is but themselves. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** In YAML, single quotes keep everything as it is but themselves. */
export function yamlQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function indented(text: string, by: number): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(by) + line)
    .join("\n");
}

function homeAssistant({ host, port, username, password, authority }: Access): Snippet[] {
  const lines = [
    ["Broker", host],
    ["Port", String(port)],
    ["Username", username],
    ["Password", password],
    ["MQTT protocol", "5"],
    ["Broker certificate validation", authority === undefined ? "Auto" : `Custom: ${CA_FILE}`],
  ];
  const widest = Math.max(...lines.map(([name = ""]) => name.length));
  return [{ id: "settings", text: lines.map(([name = "", value]) => `${`${name}:`.padEnd(widest + 2)}${value}`).join("\n") }];
}

function zigbee2mqtt({ host, port, username, password, authority }: Access): Snippet[] {
  const text = [
    "mqtt:",
    "  base_topic: zigbee2mqtt",
    `  server: mqtts://${host}:${port}`,
    `  user: ${yamlQuoted(username)}`,
    `  password: ${yamlQuoted(password)}`,
    "  version: 5",
    ...(authority === undefined ? [] : [`  ca: /app/data/${CA_FILE}`, "  reject_unauthorized: true"]),
    "availability:",
    "  enabled: true",
  ];
  return [{ id: "configuration", text: text.join("\n") }];
}

function tasmota({ host, port, username, password, authority }: Access): Snippet[] {
  const commands = [
    `MqttHost ${host}`,
    `MqttPort ${port}`,
    `MqttUser ${username}`,
    `MqttPassword ${password}`,
    "SetOption103 1",
    ...(authority === undefined ? ["SetOption132 0"] : ["SetOption132 1", `MqttFingerprint1 ${LEARN_KEY}`]),
    "SetOption19 0",
  ];
  return [{ id: "console", text: `Backlog ${commands.join("; ")}` }];
}

function shellyCall(method: string, params: object): string {
  return [`curl -X POST http://${THING}/rpc \\`, `  -d ${shellQuoted(JSON.stringify({ id: 1, method, params }))}`].join("\n");
}

function shelly({ host, port, username, password, authority }: Access): Snippet[] {
  const config = {
    enable: true,
    server: `${host}:${port}`,
    user: username,
    pass: password,
    ssl_ca: authority === undefined ? "ca.pem" : "user_ca.pem",
    enable_rpc: true,
    rpc_ntf: true,
    status_ntf: true,
  };
  const set = [shellyCall("MQTT.SetConfig", { config }), shellyCall("Shelly.Reboot", {})].join("\n");
  return [
    ...(authority === undefined ? [] : [{ id: "authority" as const, text: shellyCall("Shelly.PutUserCA", { data: authority, append: false }) }]),
    { id: "rpc", text: set },
  ];
}

function esphome({ host, port, username, password, authority }: Access): Snippet[] {
  const text = [
    "esp32:",
    "  framework:",
    "    type: esp-idf",
    "mqtt:",
    `  broker: ${host}`,
    `  port: ${port}`,
    `  username: ${yamlQuoted(username)}`,
    `  password: ${yamlQuoted(password)}`,
    "  discovery: true",
    ...(authority === undefined ? [] : ["  certificate_authority: |", indented(authority, 4)]),
  ];
  return [{ id: "yaml", text: text.join("\n") }];
}

function mosquitto({ host, port, username, password, authority }: Access): Snippet[] {
  const trust = authority === undefined ? "--tls-use-os-certs" : `--cafile ${CA_FILE}`;
  const call = (command: string, rest: string) =>
    [`${command} ${trust} -h ${host} -p ${port} -V 5 \\`, `  -u ${shellQuoted(username)} -P ${shellQuoted(password)} \\`, `  ${rest}`].join("\n");
  return [
    { id: "publish", text: call("mosquitto_pub", `-q 1 -t try/hello -m ${shellQuoted("Hello from a terminal")}`) },
    { id: "subscribe", text: call("mosquitto_sub", "-v -t '#'") },
  ];
}

const GUIDES: Record<Product, (access: Access) => Snippet[]> = {
  home_assistant: homeAssistant,
  zigbee2mqtt,
  tasmota,
  shelly,
  esphome,
  other: mosquitto,
};

export function snippetsFor(product: Product, access: Access): Snippet[] {
  return GUIDES[product](access);
}

/** What such a thing needs, where that is known beforehand; the others name their topics themselves. */
export function rightsFor(product: Product): Rights | undefined {
  switch (product) {
    case "zigbee2mqtt":
      return { publish: ["zigbee2mqtt/#", "homeassistant/#"], subscribe: ["zigbee2mqtt/#", "homeassistant/#"] };
    case "tasmota":
      return { publish: ["tele/#", "stat/#", "tasmota/discovery/#"], subscribe: ["cmnd/#"] };
    default:
      return undefined;
  }
}

/** As one address, for what is set up by scanning it. */
export function accessUrl({ host, port, username, password }: Access): string {
  return `mqtts://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${port}`;
}
