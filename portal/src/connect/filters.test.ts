// Filters as they are typed, and whose message it is that passes.
import { describe, expect, it } from "vitest";
import { isOf } from "./arrivals";
import { filtersOf, isFilter, linesOf } from "./filters";

describe("filters", () => {
  it("are one a line, each once, and everything where nothing is said", () => {
    expect(filtersOf(" zigbee2mqtt/#\nhomeassistant/#, zigbee2mqtt/# ")).toEqual(["zigbee2mqtt/#", "homeassistant/#"]);
    expect(filtersOf(" \n")).toEqual(["#"]);
    expect(linesOf(["a/#", "b"])).toBe("a/#\nb");
    expect(linesOf(["#"])).toBe("");
  });

  it("are right where MQTT says so", () => {
    expect(["#", "a/#", "+/b", "a/+/c", "/", "a"].every(isFilter)).toBe(true);
    expect(["", "a/#/b", "a#", "a+/b", "#/"].some(isFilter)).toBe(false);
  });
});

describe("isOf", () => {
  it("knows the sender, and takes no stranger's message nor the server's own", () => {
    expect(["client:c1", "client:c2", "c1", ""].map((from) => isOf({ from }, { id: "c1" }))).toEqual([true, false, false, false]);
  });
});
