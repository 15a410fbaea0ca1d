// A reading's name: the attribute's, the part's where the attribute says nothing, both where several parts have it.
import { expect, it } from "vitest";
import type { Say } from "../format/say";
import { readingName, unitOf } from "./naming";

const say = Object.assign((key: string) => key, { has: () => false }) as unknown as Say;
const device = {
  endpoints: [
    { endpoint: 1, capabilities: ["OnOff"], name: "left" },
    { endpoint: 2, capabilities: ["OnOff"] },
    { endpoint: 3, capabilities: ["LevelControl"], name: "dimmer" },
    { endpoint: 101, capabilities: ["Measurement"], name: "linkquality", unit: "lqi" },
  ],
};
const name = (endpoint: number, attribute: string) => readingName(device, { endpoint, attribute }, say);

it("names readings as people tell them apart", () => {
  expect(name(101, "Measurement.Value")).toBe("linkquality");
  expect([name(1, "OnOff.OnOff"), name(2, "OnOff.OnOff")]).toEqual(["On off left", "On off 2"]);
  expect(name(3, "LevelControl.CurrentLevel")).toBe("Current level");
  expect(unitOf(device, { endpoint: 101, attribute: "Measurement.Value" })).toBe("lqi");
});
