// Which series a device's page opens with.
import { describe, expect, it } from "vitest";
import type { DeviceState } from "../live/hooks";
import { chooseSeries } from "./series";

const device = {
  name: "Plug",
  endpoints: [
    { endpoint: 0, capabilities: ["Signal"] },
    { endpoint: 1, capabilities: ["OnOff", "ElectricalPowerMeasurement"] },
  ],
};

function state(...keys: string[]): DeviceState {
  const latest = keys.map((key) => {
    const [endpoint = "", attribute = ""] = key.split("/");
    return [key, { endpoint: Number(endpoint), attribute, value: 1, time: 0, received: 0, quality: "measured" as const }] as const;
  });
  return { presence: { status: "online", since: null }, lastSeen: 0, latest: Object.fromEntries(latest) };
}

describe("chooseSeries", () => {
  it("opens with what the device is known by, not with its signal", () => {
    expect(chooseSeries(device, state("0/Signal.Rssi", "1/ElectricalPowerMeasurement.ActivePower"), undefined)?.key).toBe(
      "1/ElectricalPowerMeasurement.ActivePower",
    );
    expect(chooseSeries(device, state("0/Signal.Rssi"), undefined)?.key).toBe("0/Signal.Rssi");
  });
  it("believes the URL where the device has such a series, and while nothing is known yet", () => {
    const both = state("1/OnOff.OnOff", "1/ElectricalPowerMeasurement.ActivePower");
    expect(chooseSeries(device, both, "1/ElectricalPowerMeasurement.ActivePower")?.latest?.value).toBe(1);
    expect(chooseSeries(device, both, "1/Vacuum.BinLevel")?.key).toBe("1/OnOff.OnOff");
    expect(chooseSeries(device, undefined, "1/Vacuum.BinLevel")).toMatchObject({ endpoint: 1, attribute: "Vacuum.BinLevel", latest: undefined });
  });
  it("shows nothing of a device that told nothing, and of a broken link", () => {
    expect(chooseSeries(device, state(), undefined)).toBeUndefined();
    expect(chooseSeries(device, undefined, "../../x")).toBeUndefined();
  });
});
