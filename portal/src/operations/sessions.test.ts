// Finding a client among many, and what the broker counts.
import { describe, expect, it } from "vitest";
import { type Figure, FIGURES, figuresOf, homesIn, matching, named, type Session, traceText } from "./sessions";

const session = (name: string, more: Partial<Session> = {}): Session => ({
  session: name,
  organisation: "o",
  identity: "",
  name,
  client_id: "",
  connected: true,
  kept: false,
  subscriptions: [],
  queued: 0,
  queued_bytes: 0,
  messages_in: 0,
  messages_out: 0,
  ...more,
});

describe("matching", () => {
  it("finds all words in any of what a client is known by", () => {
    const all = [session("Hall lamp", { client_id: "esp-1", peer: "10.0.0.5:4711" }), session("Hub", { subscriptions: ["z/#"] })];
    expect(matching(all, "lamp 10.0").map(({ name }) => name)).toEqual(["Hall lamp"]);
    expect(matching(all, "").length).toBe(2);
    expect(matching(all, "z/#").map(({ name }) => name)).toEqual(["Hub"]);
    expect(matching(all, "lamp hub")).toEqual([]);
  });
});

describe("named", () => {
  it("gives clients and devices the names that people gave them", () => {
    const all = [session("", { identity: "client:c1", home: "h1" }), session("", { identity: "d1", home: "h1" }), session("", { identity: "d2", client_id: "esp-7" })];
    const names = new Map([
      ["c1", "Hub"],
      ["d1", "Lamp"],
    ]);
    expect(named(all, names).map(({ name }) => name)).toEqual(["esp-7", "Hub", "Lamp"]);
    expect(homesIn(all)).toEqual(["h1"]);
  });
});

describe("figuresOf", () => {
  it("adds up what the organisations have, and says nothing of none", () => {
    const none = Object.fromEntries(FIGURES.map((id) => [id, 0])) as Record<Figure, number>;
    const figures = figuresOf({ items: [{ ...none, connections: 3 }, { ...none, connections: 4, refusals: 1 }] });
    expect(figures.find(({ id }) => id === "connections")?.value).toBe(7);
    expect(figures.find(({ id }) => id === "refusals")?.value).toBe(1);
    expect(figuresOf({ items: [] })).toEqual([]);
  });
});

it("writes a trace as lines", () => {
  expect(traceText({ lines: [{ at: "12:00", direction: "in", text: "PUBLISH a" }] })).toBe("12:00 in PUBLISH a");
});
