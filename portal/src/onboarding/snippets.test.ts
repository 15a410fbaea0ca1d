// The snippets hold the device's own credentials and survive whatever stands in a password.
import { describe, expect, it } from "vitest";
import { credentialsJson, mqttsUrl, publishSnippet, pythonSnippet, subscribeSnippet } from "./snippets";

const broker = { host: "house.local", port: 8883 };
const credentials = {
  client_id: "d1",
  username: "d1",
  password: "a'b\"c@/",
  topics: { state: "lares/devices/d1/state", command: "lares/devices/d1/command", ack: "lares/devices/d1/ack" },
};
const sample = { attribute: "OnOff.OnOff", value: true };

describe("snippets", () => {
  it("quote the password for the shell", () => {
    expect(publishSnippet(credentials, broker, sample)).toContain(`-P 'a'\\''b"c@/'`);
    expect(publishSnippet(credentials, broker, sample)).toContain("-t lares/devices/d1/state");
    expect(subscribeSnippet(credentials, broker)).toContain("-p 8883");
  });

  it("send a message that the protocol knows", () => {
    const message = /-m '(.*)'$/m.exec(publishSnippet(credentials, broker, sample))?.[1] ?? "";
    expect(JSON.parse(message)).toEqual({ v: 1, readings: [{ attribute: "OnOff.OnOff", value: true }] });
  });

  it("are valid Python literals", () => {
    const text = pythonSnippet(credentials, broker, sample);
    expect(text).toContain("report(True)");
    expect(text).toContain('username_pw_set("d1", "a\'b\\"c@/")');
  });

  it("report what came of a command, where the sample can be switched", () => {
    expect(pythonSnippet(credentials, broker, sample)).toContain('report(command["name"] == "OnOff.On")');
    const climate = pythonSnippet(credentials, broker, { attribute: "TemperatureMeasurement.MeasuredValue", value: 20.5 });
    expect(climate).toContain("report(20.5)");
    expect(climate).not.toContain("OnOff");
  });

  it("make an address that reads back", () => {
    const url = new URL(mqttsUrl(credentials, broker));
    expect(decodeURIComponent(url.password)).toBe(credentials.password);
    expect([url.hostname, url.port, url.searchParams.get("client_id")]).toEqual(["house.local", "8883", "d1"]);
    expect(JSON.parse(credentialsJson(credentials, broker))).toMatchObject({ host: "house.local", tls: true, password: credentials.password });
  });
});
