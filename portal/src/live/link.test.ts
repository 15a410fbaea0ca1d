// The link's decisions: when it opens, waits, asks, falls back, resumes and gives up.
import { describe, expect, it } from "vitest";
import { type Effect, type Input, type Link, newLink, pauseMs, step } from "./link";
import { EVERYWHERE, type ServerMessage, type Subscription, union } from "./protocol";

const T0 = 1_000;

/** Runs inputs one after another; gives back the link and the effects of the last one. */
function run(inputs: Input[], from: Link = newLink(T0, undefined)): [Link, Effect[]] {
  let link = from;
  let effects: Effect[] = [];
  inputs.forEach((input, index) => {
    [link, effects] = step(link, input, T0 + index, 0.5);
  });
  return [link, effects];
}

const message = (told: ServerMessage): Input => ({ type: "message", message: told });
const subscribed = (cursor: string) => message({ type: "subscribed", cursor, time: T0 });
const events = (cursor: string) => message({ type: "events", items: [], cursor });
const opened: Input[] = [{ type: "start" }, { type: "opened" }];
const home = (id: string): Subscription => union([{ homes: [id], readings: true }]);

describe("opening", () => {
  it("opens a socket, subscribes, and is live with what the server says", () => {
    expect(run([{ type: "start" }])[1]).toEqual([{ do: "open", transport: "socket" }]);
    const [, effects] = run(opened);
    expect(effects).toHaveLength(1);
    expect(JSON.parse((effects[0] as { text: string }).text)).toEqual({
      type: "subscribe", homes: [], rooms: [], devices: [], readings: false, events: true, everywhere: EVERYWHERE,
    });
    const [link] = run([...opened, subscribed("c1")]);
    expect(link).toMatchObject({ phase: "live", cursor: "c1", failures: 0 });
  });

  it("loads everything again when there was no cursor to go on from, and not when there was", () => {
    expect(run([...opened, subscribed("c1")])[1]).toContainEqual({ do: "reload" });
    expect(run([...opened, subscribed("c1")], newLink(T0, "c0"))[1]).not.toContainEqual({ do: "reload" });
  });

  it("goes on from the newest cursor after a loss", () => {
    const [link, effects] = run([...opened, subscribed("c1"), events("c7"), { type: "closed", code: 1006 }]);
    expect(link).toMatchObject({ phase: "connecting", step: "waiting" });
    expect(effects).toEqual([{ do: "wait", ms: 500 }]);
    const [, again] = run([{ type: "waited" }, { type: "opened" }], link);
    expect(JSON.parse((again[0] as { text: string }).text)).toMatchObject({ cursor: "c7" });
    const [back, resumed] = run([{ type: "waited" }, { type: "opened" }, subscribed("c9")], link);
    expect(back.phase).toBe("live");
    expect(resumed).toContainEqual({ do: "resumed" });
    expect(resumed).not.toContainEqual({ do: "reload" });
  });

  it("asks again, later each time, for a subscription that was refused", () => {
    const refused = message({ type: "error", detail: "too many requests" });
    const [live] = run([...opened, subscribed("c1"), { type: "wanted", subscription: home("h1") }]);
    const [link, effects] = run([refused], live);
    expect(effects).toContainEqual({ do: "wait", ms: 500 });
    const [asked, again] = run([{ type: "waited" }], link);
    expect(again).toEqual([{ do: "send", text: expect.stringContaining('"homes":["h1"]') as string }]);
    expect(run([refused], asked)[1]).toContainEqual({ do: "wait", ms: 1_000 });
    expect(run([subscribed("c2")], asked)[0]).toMatchObject({ phase: "live", failures: 0 });
  });

  it("loads afresh after a reset, once the new cursor is there", () => {
    const [link, at] = run([...opened, message({ type: "reset", reason: "too old" })], newLink(T0, "old"));
    expect(at).toEqual([]);
    expect(link.cursor).toBeUndefined();
    expect(run([subscribed("c2")], link)[1]).toContainEqual({ do: "reload" });
  });
});

describe("when it cannot open", () => {
  const failed: Input[] = [{ type: "start" }, { type: "closed", code: 1006 }, { type: "waited" }, { type: "closed", code: 1006 }];

  it("asks the server over HTTP from the second time on", () => {
    expect(run(failed)[1]).toEqual([{ do: "probe" }]);
  });

  it("is offline since the loss when nobody answers, and keeps trying", () => {
    const [link, effects] = run([...failed, { type: "probed", result: "unreachable" }]);
    expect(link).toMatchObject({ phase: "offline", since: T0 + 1 });
    expect(effects[0]).toMatchObject({ do: "wait" });
    const [still] = run([{ type: "waited" }, { type: "closed", code: 1006 }], link);
    expect(still.phase).toBe("offline");
  });

  it("falls back to a stream when the server answers, and tries a socket again now and then", () => {
    const [link] = run([...failed, { type: "probed", result: "reachable" }]);
    const [, effects] = run([{ type: "waited" }], { ...link, failures: 3 });
    expect(effects).toEqual([{ do: "open", transport: "stream" }]);
    expect(run([{ type: "waited" }], { ...link, failures: 5 })[1]).toEqual([{ do: "open", transport: "socket" }]);
    const [streaming] = run([{ type: "waited" }, subscribed("c1")], { ...link, failures: 3 });
    expect(streaming.phase).toBe("fallback");
  });

  it("leads to the sign-in when the session has ended", () => {
    expect(run([...failed, { type: "probed", result: "signed_out" }])[1]).toEqual([{ do: "sign_in" }]);
    const [link, effects] = run([...opened, subscribed("c1"), { type: "closed", code: 4001 }]);
    expect(effects).toEqual([{ do: "sign_in" }]);
    expect(link.step).toBe("idle");
  });
});

describe("what the server and the browser say", () => {
  it("remembers why it was cut off until it is live again", () => {
    const [slow] = run([...opened, subscribed("c1"), { type: "closed", code: 4008 }]);
    expect(slow.trouble).toBe("too_slow");
    const [calm] = run([{ type: "waited" }, { type: "opened" }, subscribed("c2")], slow);
    expect(calm.trouble).toBeNull();
  });

  it("waits long when there are too many connections", () => {
    const [link, effects] = run([...opened, subscribed("c1"), { type: "closed", code: 4009 }]);
    expect(link.trouble).toBe("too_many");
    expect(effects).toEqual([{ do: "wait", ms: 16_000 }]);
  });

  it("is offline at once when the browser says so, and back at once", () => {
    const [link, effects] = run([...opened, subscribed("c1"), { type: "offline" }]);
    expect(link.phase).toBe("offline");
    expect(effects[0]).toEqual({ do: "close" });
    expect(run([{ type: "online" }], link)[1]).toEqual([{ do: "open", transport: "socket" }]);
  });

  it("takes silence after a ping for a loss", () => {
    const [quiet, ping] = run([...opened, subscribed("c1"), { type: "beat" }]);
    expect(ping).toEqual([{ do: "send", text: '{"type":"ping"}' }]);
    const [lost, effects] = run([{ type: "beat" }], quiet);
    expect(effects).toEqual([{ do: "close" }, { do: "open", transport: "socket" }]);
    expect(lost.phase).toBe("connecting");
    const [fine, again] = run([message({ type: "pong", time: T0 }), { type: "beat" }], quiet);
    expect(again).toEqual([{ do: "send", text: '{"type":"ping"}' }]);
    expect(fine.phase).toBe("live");
  });
});

describe("a changed wish", () => {
  it("is sent over an open socket with the cursor, once", () => {
    const [link, effects] = run([...opened, subscribed("c1"), { type: "wanted", subscription: home("h1") }]);
    expect(JSON.parse((effects[0] as { text: string }).text)).toMatchObject({ homes: ["h1"], readings: true, cursor: "c1" });
    expect(run([{ type: "wanted", subscription: home("h1") }], link)[1]).toEqual([]);
  });

  it("opens a stream anew, and waits for an opening socket", () => {
    const streaming: Link = { ...newLink(T0, "c1"), step: "open", transport: "stream" };
    expect(run([{ type: "wanted", subscription: home("h1") }], streaming)[1]).toEqual([
      { do: "close" },
      { do: "open", transport: "stream" },
    ]);
    expect(run([{ type: "start" }, { type: "wanted", subscription: home("h1") }])[1]).toEqual([]);
  });
});

describe("pauses", () => {
  it("grow from half a second to half a minute, each drawn from half to one and a half of its length", () => {
    expect([0, 1, 2, 3].map((failures) => pauseMs(failures, 0.5))).toEqual([500, 1_000, 2_000, 4_000]);
    expect(pauseMs(40, 0.5)).toBe(30_000);
    expect([pauseMs(3, 0), pauseMs(3, 0.999)]).toEqual([2_000, 5_996]);
  });
});
