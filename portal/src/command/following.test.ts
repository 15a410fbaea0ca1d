// What a person sees of a command from asking to its end, in whatever order answers and events arrive.
import { describe, expect, it } from "vitest";
import { type Asked, type CommandView, type EventView, follow, type Followed, newestOf, type Step } from "./following";
import { adviceKey, type CommandState, isPending, phaseOf, phaseTone, problemKind } from "./phase";
import { wishOf } from "./wish";

const T0 = Date.UTC(2026, 10, 21, 12);
const asked: Asked = { key: "k1", device: "d1", endpoint: 1, name: "OnOff.Off", args: {} };

function view(state: CommandState, more: Partial<CommandView> = {}): CommandView {
  const settled = !["queued", "sent", "acked"].includes(state);
  return {
    id: "c1", organisation: "o", home: "h", device: "d1", endpoint: 1, name: "OnOff.Off", args: {}, preconditions: [],
    issuer: { type: "user", id: "u" }, state, state_since: new Date(T0 + 1_000).toISOString(), settled, counter: 1,
    attempts: 1, created_at: new Date(T0).toISOString(), not_after: new Date(T0 + 300_000).toISOString(), ...more,
  } as CommandView;
}

function event(state: CommandState, more: { command?: string; reason?: string; name?: string } = {}): Step {
  const { command = "c1", reason = null, name = "OnOff.Off" } = more;
  const item = {
    id: `e-${state}`, organisation: "o", seq: 1, type: `command.${state}`, time: new Date(T0 + 2_000).toISOString(),
    recorded: new Date(T0 + 2_000).toISOString(), home: "h", device: "d1", cause: { type: "system" },
    payload: { command, endpoint: 1, name, args: {}, reason, attempts: 1 },
  } as unknown as EventView;
  return { type: "event", event: item, provable: (one) => one !== "OnOff.Toggle" };
}

function run(...steps: Step[]): readonly Followed[] {
  return steps.reduce<readonly Followed[]>(follow, []);
}

const ask: Step = { type: "asked", asked, at: T0 };
const taken = (state: CommandState): Step => ({ type: "taken", key: "k1", view: view(state) });

describe("follow", () => {
  it("goes from Sending to Done by events", () => {
    const phases: string[] = [];
    let list = run(ask);
    for (const step of [taken("queued"), event("sent"), event("acked"), event("confirmed")]) {
      phases.push(list[0]?.phase ?? "");
      list = follow(list, step);
    }
    expect(phases).toEqual(["sending", "sending", "sent", "received"]);
    expect(list[0]?.phase).toBe("done");
  });
  it("never goes back when an answer is older than the event that overtook it", () => {
    const list = run(ask, taken("queued"), event("acked"), { type: "read", view: view("sent") });
    expect(list[0]?.phase).toBe("received");
    const over = run(ask, taken("queued"), event("confirmed"), { type: "read", view: view("unconfirmed") });
    expect(over[0]?.phase).toBe("done");
  });
  it("does not take the event of its own command for somebody else's while the answer is on its way", () => {
    const list = run(ask, event("sent"), taken("sent"), event("confirmed"));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatchObject({ mine: true, phase: "done" });
  });
  it("is done where every event of it overtook the answer", () => {
    const early = run(ask, event("queued"), event("sent"), event("acked"), event("confirmed"));
    expect(early).toMatchObject([{ mine: true, phase: "sending" }]);
    expect(follow(early, taken("queued"))).toMatchObject([{ mine: true, id: "c1", phase: "done" }]);
  });
  it("gives what overtook to the one it was about", () => {
    const second: Asked = { ...asked, key: "k2" };
    const both = run(ask, { type: "asked", asked: second, at: T0 }, event("queued"), event("queued", { command: "c2" }), event("confirmed", { command: "c2" }), event("confirmed"));
    const first = follow(both, taken("queued"));
    expect(first.map(({ key, phase }) => [key, phase])).toEqual([["k1", "done"], ["k2", "sending"]]);
    const all = follow(first, { type: "taken", key: "k2", view: view("queued", { id: "c2" }) });
    expect(all.map(({ key, phase }) => [key, phase])).toEqual([["k1", "done"], ["k2", "done"]]);
  });
  it("shows somebody else's same wish once it knows which is its own", () => {
    const list = run(ask, event("sent", { command: "other" }), taken("queued"));
    expect(list.map(({ id, mine, phase }) => [id, mine, phase])).toEqual([["c1", true, "sending"], ["other", false, "sent"]]);
  });
  it("counts the device's word as the end where nothing can be proved", () => {
    const toggle: Step = { type: "asked", asked: { ...asked, name: "OnOff.Toggle" }, at: T0 };
    const list = run(toggle, taken("queued"), event("acked", { name: "OnOff.Toggle" }));
    expect(list[0]?.phase).toBe("done");
  });
  it("keeps the reason of a bad end", () => {
    const list = run(ask, taken("queued"), event("refused", { reason: "jammed" }));
    expect(list[0]).toMatchObject({ phase: "refused", reason: "jammed" });
  });
  it("says that nothing was asked of the device when the server did not take it", () => {
    const list = run(ask, { type: "refused", key: "k1", at: T0, problem: "forbidden", reason: "viewers do not command" });
    expect(list[0]).toMatchObject({ phase: "notSent", problem: "forbidden", reason: "viewers do not command" });
  });
  it("does not know after silence, and learns when the repeated request is answered", () => {
    const silent = run(ask, { type: "noAnswer", key: "k1", at: T0 });
    expect(silent[0]?.phase).toBe("unknown");
    expect(follow(silent, taken("confirmed"))[0]?.phase).toBe("done");
  });
  it("shows others' commands while they are under way, and no longer", () => {
    const under = run(event("sent", { command: "other" }));
    expect(under[0]).toMatchObject({ mine: false, phase: "sent", wish: { attribute: "OnOff.OnOff", value: false } });
    expect(follow(under, event("confirmed", { command: "other" }))).toEqual([]);
    expect(run(event("confirmed", { command: "other" }))).toEqual([]);
  });
  it("lets a new wish take the place of one that is over, and not of one under way", () => {
    const again: Step = { type: "asked", asked: { ...asked, key: "k2", name: "OnOff.On" }, at: T0 + 5_000 };
    expect(run(ask, taken("queued"), event("failed"), again).map((one) => one.key)).toEqual(["k2"]);
    expect(run(ask, taken("queued"), again).map((one) => one.key)).toEqual(["k1", "k2"]);
    expect(newestOf(run(ask, taken("queued"), again), "d1", 1, ["OnOff"])?.key).toBe("k2");
    expect(newestOf(run(ask), "d1", 2)).toBeUndefined();
  });
  it("forgets what was dismissed", () => {
    expect(run(ask, { type: "dismissed", key: "k1" })).toEqual([]);
  });
});

describe("phases", () => {
  it("tell received from done by what is settled", () => {
    expect(phaseOf({ state: "acked", settled: false })).toBe("received");
    expect(phaseOf({ state: "acked", settled: true })).toBe("done");
    expect(phaseOf({ state: "unconfirmed", settled: true })).toBe("unconfirmed");
  });
  it("have a tone and advice", () => {
    expect([isPending("received"), isPending("done")]).toEqual([true, false]);
    expect([phaseTone("sent"), phaseTone("done"), phaseTone("unconfirmed"), phaseTone("failed")]).toEqual([
      "active", "ok", "attention", "danger",
    ]);
    expect(adviceKey("sending", true)).toBe("waiting");
    expect(adviceKey("sending", false)).toBeUndefined();
    expect(adviceKey("unconfirmed", false)).toBe("unconfirmed");
    expect(adviceKey("notSent", false, problemKind(403))).toBe("notSent.forbidden");
    expect([problemKind(410), problemKind(422), problemKind(503), problemKind(500)]).toEqual(["gone", "invalid", "busy", "server"]);
  });
});

describe("wishOf", () => {
  it("knows what a command would change", () => {
    expect(wishOf("LevelControl.MoveToLevel", { Level: 40 })).toEqual({ attribute: "LevelControl.CurrentLevel", value: 40 });
    expect(wishOf("OnOff.Toggle", {})).toBeUndefined();
    expect(wishOf("LevelControl.MoveToLevel", {})).toBeUndefined();
  });
});
