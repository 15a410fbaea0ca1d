// What search, filter and sort of the homes overview do.
import { describe, expect, it } from "vitest";
import type { Home } from "../api/homes";
import { chooseHomes } from "./order";

function home(name: string, address: string, summary: Partial<Home["summary"]> = {}, organisation = "o1"): Home {
  const none = { devices: 0, online: 0, late: 0, offline: 0, unknown: 0, danger: 0, attention: 0 };
  return {
    id: name,
    organisation,
    name,
    address,
    time_zone: "Europe/Berlin",
    property_type: "house",
    export_homeassistant: false,
    created_at: "2026-01-01T00:00:00Z",
    summary: { ...none, ...summary },
  };
}

const homes = [
  home("Villa 10", "Via Roma, Como", { devices: 3, attention: 9 }),
  home("Villa 2", "Via Roma, Como", { devices: 9, offline: 1 }),
  home("Ärmelhaus", "Bergweg, Chur", { devices: 1, danger: 1 }, "o2"),
];
const names = (found: Home[]) => found.map(({ name }) => name);

describe("chooseHomes", () => {
  it("orders by name as a reader would", () => {
    expect(names(chooseHomes(homes, {}, "de"))).toEqual(["Ärmelhaus", "Villa 2", "Villa 10"]);
  });
  it("finds every word, in name or address", () => {
    expect(names(chooseHomes(homes, { q: "  roma 10" }, "de"))).toEqual(["Villa 10"]);
    expect(names(chooseHomes(homes, { q: "ärmel" }, "de"))).toEqual(["Ärmelhaus"]);
    expect(chooseHomes(homes, { q: "paris" }, "de")).toEqual([]);
  });
  it("puts one danger before many lesser things", () => {
    expect(names(chooseHomes(homes, { sort: "attention" }, "de"))).toEqual(["Ärmelhaus", "Villa 10", "Villa 2"]);
  });
  it("narrows to what is wrong, and to one organisation", () => {
    expect(names(chooseHomes(homes, { show: "attention" }, "de"))).toEqual(["Ärmelhaus", "Villa 10"]);
    expect(names(chooseHomes(homes, { show: "offline" }, "de"))).toEqual(["Villa 2"]);
    expect(names(chooseHomes(homes, { organisation: "o2" }, "de"))).toEqual(["Ärmelhaus"]);
  });
});
