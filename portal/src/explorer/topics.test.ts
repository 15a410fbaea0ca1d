// The tree of what was said: retained first, passing on top, bounded, in an order that people read.
import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/client";
import { parsePassing, watchPath } from "../live/watch";
import { excerptOf, KEPT, prettyJson, treeOf, withPassing, withRetained } from "./topics";

const passing = (topic: string, payload: string) => ({ topic, payload, bytes: payload.length, qos: 1, retain: false, received_at: "2026-01-01T00:00:00Z", from: "client:c1" });
const retained = (topic: string, payload: string): Schemas["TopicView"] => ({ topic, payload, retained: true, bytes: payload.length, qos: 0 });

describe("topics", () => {
  it("keep the newest messages of each, and count all", () => {
    const many = Array.from({ length: KEPT + 5 }, (_, index) => passing("a/b", String(index)));
    const topics = withPassing(new Map(), many);
    expect(topics.get("a/b")?.messages).toHaveLength(KEPT);
    expect([topics.get("a/b")?.messages[0]?.payload, topics.get("a/b")?.count]).toEqual([String(KEPT + 4), KEPT + 5]);
  });

  it("lay what is retained under what passed, and never over it", () => {
    const passed = withPassing(new Map(), [passing("a", "new")]);
    const all = withRetained(passed, [retained("a", "old"), retained("b", "kept")]);
    expect(all.get("a")?.messages.map(({ payload }) => payload)).toEqual(["new"]);
    expect(all.get("b")?.count).toBe(0);
    expect(withPassing(passed, [])).toBe(passed);
  });
});

describe("treeOf", () => {
  it("makes a branch of each level, numbers as people count, with the topics in and below", () => {
    const topics = withPassing(new Map(), ["z/lamp 10", "z/lamp 2", "z", "/odd"].map((topic) => passing(topic, "1")));
    const [odd, z] = treeOf(topics);
    expect([odd?.level, odd?.branches[0]?.path]).toEqual(["", "/odd"]);
    expect([z?.count, z?.topic?.topic]).toEqual([3, "z"]);
    expect(z?.branches.map(({ path }) => path)).toEqual(["z/lamp 2", "z/lamp 10"]);
  });
});

describe("payloads", () => {
  it("are JSON where they are, and one line in lists", () => {
    expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect([prettyJson("21.5"), prettyJson("{oops"), prettyJson("ON")]).toEqual([undefined, undefined, undefined]);
    expect(excerptOf(" a\n b ")).toBe("a b");
    expect(excerptOf("x".repeat(300))).toHaveLength(120);
  });

  it("that pass are read with care, under an address that holds any filter", () => {
    expect(parsePassing('{"topic":"a","payload":"1"}')?.topic).toBe("a");
    expect([parsePassing("{"), parsePassing('{"topic":1,"payload":"x"}')]).toEqual([undefined, undefined]);
    expect(watchPath("h", "a/+/#")).toBe("/api/homes/h/mqtt/watch?filter=a%2F%2B%2F%23");
  });
});
