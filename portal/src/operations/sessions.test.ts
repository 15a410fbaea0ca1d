// Finding a client among many, and what the broker counts.
import { describe, expect, it } from "vitest";
import { figuresOf, matching, type Session, traceText } from "./sessions";

const session = (name: string, more: Partial<Session> = {}): Session => ({
  session: name,
  identity: "",
  name,
  client_id: "",
  version: "5",
  peer: "",
  tls: true,
  connected: true,
  subscriptions: 0,
  queued: 0,
  queued_bytes: 0,
  messages_in: 0,
  messages_out: 0,
  ...more,
});

describe("matching", () => {
  it("finds all words in any of what a client is known by", () => {
    const all = [session("Hall lamp", { client_id: "esp-1", peer: "10.0.0.5:4711" }), session("Hub", { identity: "home:x" })];
    expect(matching(all, "lamp 10.0").map(({ name }) => name)).toEqual(["Hall lamp"]);
    expect(matching(all, "").length).toBe(2);
    expect(matching(all, "lamp hub")).toEqual([]);
  });
});

describe("figuresOf", () => {
  it("lists numbers, also those in groups, and leaves out the rest", () => {
    expect(figuresOf({ connections: 3, bytes: { in_total: 5 }, since: "now", list: [1] })).toEqual([
      { name: "connections", value: 3 },
      { name: "bytes: in total", value: 5 },
    ]);
  });
});

it("writes a trace as lines", () => {
  expect(traceText({ lines: [{ at: "12:00", direction: "in", text: "PUBLISH a" }] })).toBe("12:00 in PUBLISH a");
});
