// The texts to paste hold what they must, whatever stands in a password, and read back where there is a reader.
import { describe, expect, it } from "vitest";
import { type Access, accessUrl, PRODUCTS, rightsFor, shellQuoted, snippetsFor, yamlQuoted } from "./guides";

const access: Access = {
  host: "house.local",
  port: 8883,
  username: "zigbee-1",
  password: "a'b\"c$d",
  authority: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
};
const text = (product: (typeof PRODUCTS)[number], given: Access = access) =>
  snippetsFor(product, given)
    .map((snippet) => snippet.text)
    .join("\n");

const bodies = (snippet: { text: string } | undefined) =>
  [...(snippet?.text ?? "").matchAll(/-d '(.*)'$/gm)].map(([, body]) => JSON.parse(body ?? "") as { method: string; params: object });

describe("snippets", () => {
  it("name the broker and the user for everything that can be connected", () => {
    for (const product of PRODUCTS) {
      expect(text(product)).toContain("house.local");
      expect(text(product)).toContain("8883");
      expect(text(product)).toContain("zigbee-1");
    }
  });

  it("quote the password as each reader wants it", () => {
    expect(text("other")).toContain(`-P 'a'\\''b"c$d'`);
    expect(text("zigbee2mqtt")).toContain(`password: 'a''b"c$d'`);
    expect(text("esphome")).toContain(`password: 'a''b"c$d'`);
    expect([shellQuoted("x"), yamlQuoted("it's")]).toEqual(["'x'", "'it''s'"]);
  });

  it("make one line for Tasmota, with TLS and the first key remembered", () => {
    expect(text("tasmota")).not.toContain("\n");
    expect(text("tasmota")).toMatch(/^Backlog MqttHost house\.local; MqttPort 8883; .*SetOption103 1; SetOption132 1; MqttFingerprint1 0{40}/);
  });

  it("give a Shelly the authority first, as calls that are valid JSON", () => {
    const [authority, settings] = snippetsFor("shelly", { ...access, password: "plain" });
    expect(bodies(authority)).toEqual([{ id: 1, method: "Shelly.PutUserCA", params: { data: access.authority, append: false } }]);
    expect(bodies(settings).map(({ method }) => method)).toEqual(["MQTT.SetConfig", "Shelly.Reboot"]);
    expect(bodies(settings)[0]?.params).toMatchObject({ config: { server: "house.local:8883", pass: "plain", ssl_ca: "user_ca.pem" } });
  });

  it("lay the authority into the YAML block, and leave it out where everybody knows it", () => {
    expect(text("esphome")).toContain("certificate_authority: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END");
    const known = { ...access, authority: undefined };
    expect(PRODUCTS.map((product) => text(product, known)).join()).not.toMatch(/lares-ca|certificate_authority|PutUserCA|user_ca/);
    expect(text("other", known)).toContain("--tls-use-os-certs");
  });

  it("give least rights where the topics are known", () => {
    expect(rightsFor("tasmota")?.subscribe).toEqual(["cmnd/#"]);
    expect(rightsFor("shelly")).toBeUndefined();
  });

  it("make an address that reads back", () => {
    const url = new URL(accessUrl(access));
    expect([decodeURIComponent(url.password), url.username, url.port]).toEqual([access.password, "zigbee-1", "8883"]);
  });
});
