// What the palette offers for a text, in which order, and that a name alone never offers a deed.
import { describe, expect, it } from "vitest";
import { groupsFor, narrowed, type Offer, score } from "./results";

const offer = (id: string, title: string, more: Partial<Offer> = {}): Offer => ({ id, title, icon: "page", run: () => undefined, ...more });
const lamp = offer("on", "Switch on Hall lamp", { icon: "switch", target: "Hall lamp" });

describe("score", () => {
  it("finds words by their beginning before their middle, without marks or case", () => {
    expect(score("Küche: Licht", "kuche")).toBe(2);
    expect(score("Küche: Licht", "icht")).toBe(1);
    expect(score("Küche: Licht", "licht bad")).toBe(0);
  });
});

describe("narrowed", () => {
  it("puts the better match first", () => {
    expect(narrowed([offer("a", "Unlock"), offer("b", "Lock")], "lock").map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("offers to switch only when the deed is named too", () => {
    expect(narrowed([lamp], "hall lamp")).toEqual([]);
    expect(narrowed([lamp], "on hall")).toEqual([lamp]);
    expect(narrowed([lamp], "switch lamp")).toEqual([lamp]);
  });
});

describe("what a page is about", () => {
  const insights = offer("i", "Insights", { about: "energy, usage, power, how long" });
  const power = offer("p", "Power plug");
  it("finds it, says why, and counts less than a name", () => {
    expect(narrowed([insights, power], "power").map(({ id, detail }) => [id, detail])).toEqual([["p", undefined], ["i", "power"]]);
    expect(narrowed([insights], "ener")[0]?.detail).toBe("energy");
    expect(narrowed([insights], "insights energy")).toHaveLength(1);
  });
  it("is no place to look for pieces of words, or for one letter", () => {
    expect(narrowed([insights], "nergy")).toEqual([]);
    expect(narrowed([insights], "e")).toEqual([]);
  });
});

describe("groupsFor", () => {
  const all = { recent: [offer("r", "Recent")], found: [offer("f", "Hall lamp")], actions: [lamp], pages: [offer("p", "Homes")] };
  it("shows what was found first, and without a text where one can go", () => {
    expect(groupsFor("on hall", all).map(({ id }) => id)).toEqual(["found", "actions"]);
    expect(groupsFor("", all).map(({ id }) => id)).toEqual(["recent", "pages"]);
    expect(groupsFor("", { ...all, pages: [offer("c", "Charts of Home", { target: "Home" })] }).map(({ id }) => id)).toEqual(["recent"]);
  });
});
