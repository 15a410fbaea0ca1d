// The client against a server made of paper: nothing lost, nothing twice, once a frame.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { LiveClient, type Receiver, type World } from "./client";
import type { EventView, ServerMessage } from "./protocol";
import type { Line, Listener } from "./transports";

const event = (id: string) => ({ id, type: "home.updated" }) as EventView;
const told = (cursor: string, ...ids: string[]): ServerMessage => ({ type: "events", items: ids.map(event), cursor });

interface PaperLine extends Line {
  sent: string[];
  listener: Listener;
}

function setUp() {
  const lines: PaperLine[] = [];
  const frames: (() => void)[] = [];
  const seen: string[] = [];
  const cursors: (string | undefined)[] = [];
  const calls: string[] = [];
  const world: World = {
    now: () => 1_000,
    random: () => 0.5,
    openLine: (_transport, _subscription, _cursor, listener) => {
      const line: PaperLine = { sent: [], listener, send: (text) => void line.sent.push(text), close: () => undefined };
      lines.push(line);
      return line;
    },
    probe: async () => "reachable",
    nextFrame: (callback) => {
      frames.push(callback);
      return () => void frames.splice(frames.indexOf(callback), 1);
    },
  };
  const receiver: Receiver = {
    frame: (messages, cursor) => {
      for (const message of messages) if (message.type === "events") seen.push(...message.items.map(({ id }) => id));
      cursors.push(cursor);
    },
    reload: () => void calls.push("reload"),
    resumed: () => void calls.push("resumed"),
    widened: () => void calls.push("widened"),
    signedOut: () => void calls.push("signedOut"),
  };
  const draw = () => frames.splice(0).forEach((callback) => callback());
  return { client: new LiveClient(world, receiver, "c0"), lines, seen, cursors, calls, draw };
}

beforeEach(() => {
  vi.useFakeTimers();
});

describe("LiveClient", () => {
  it("hands on many messages in one frame, and keeps the cursor of what it handed on", () => {
    const { client, lines, seen, cursors, draw } = setUp();
    client.start();
    const { listener } = lines[0] as PaperLine;
    listener.opened();
    listener.message({ type: "subscribed", cursor: "c0", time: 0 });
    listener.message(told("c1", "e1"));
    listener.message(told("c2", "e2", "e3"));
    expect(cursors).toEqual([]);
    draw();
    expect(seen).toEqual(["e1", "e2", "e3"]);
    expect(cursors).toEqual(["c2"]);
    client.stop();
  });

  it("takes each event once when the subscription changes while events are on the way", async () => {
    const { client, lines, seen, calls, draw } = setUp();
    client.wish({ homes: ["a"] });
    client.start();
    const { listener, sent } = lines[0] as PaperLine;
    listener.opened();
    listener.message({ type: "subscribed", cursor: "c0", time: 0 });
    listener.message(told("c1", "e1"));
    client.wish({ homes: ["b"] });
    await Promise.resolve();
    expect(JSON.parse(sent.at(-1) ?? "")).toMatchObject({ homes: ["a", "b"], cursor: "c1" });
    expect(calls).toContain("widened");
    // e3 was on the way for the old subscription; the new one sends everything after c1, with e2 of home b.
    listener.message(told("c3", "e3"));
    listener.message({ type: "subscribed", cursor: "c1", time: 0 });
    listener.message(told("c3", "e2", "e3"));
    draw();
    expect(seen).toEqual(["e1", "e3", "e2"]);
    client.stop();
  });

  it("comes back from where it was, and several wishes of one turn are one message", async () => {
    const { client, lines, draw } = setUp();
    client.start();
    const first = lines[0] as PaperLine;
    first.listener.opened();
    first.listener.message({ type: "subscribed", cursor: "c5", time: 0 });
    draw();
    const before = first.sent.length;
    const away = client.wish({ homes: ["a"] });
    client.wish({ homes: ["b"] });
    away();
    await Promise.resolve();
    expect(first.sent.slice(before)).toHaveLength(1);
    first.listener.closed(1006);
    vi.advanceTimersByTime(500);
    const second = lines[1] as PaperLine;
    second.listener.opened();
    expect(JSON.parse(second.sent[0] ?? "")).toMatchObject({ homes: ["b"], cursor: "c5" });
    client.stop();
  });

  it("says that the session ended", () => {
    const { client, lines, calls } = setUp();
    client.start();
    (lines[0] as PaperLine).listener.opened();
    (lines[0] as PaperLine).listener.closed(4001);
    expect(calls).toEqual(["signedOut"]);
    client.stop();
  });
});
