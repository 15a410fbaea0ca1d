// Sending and following against a server that answers, refuses, is silent, or has no live connection.
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { NoAnswer, ProblemError } from "../api/problem";
import type { CommandView } from "./following";
import type { CommandState } from "./phase";
import { CommandStore, type CommandWorld } from "./store";

const T0 = "2026-11-21T12:00:00.000Z";
const wanted = { device: "d1", endpoint: 1, name: "OnOff.On", args: {} };

function view(state: CommandState): CommandView {
  return {
    id: "c1", organisation: "o", home: "h", ...wanted, preconditions: [], issuer: { type: "user", id: "u" }, state, state_since: T0,
    settled: state === "confirmed", counter: 1, attempts: 1, created_at: T0, not_after: T0,
  } as CommandView;
}

class TestWorld implements CommandWorld {
  posts: { key: string; body: unknown }[] = [];
  reads = 0;
  timers: { ms: number; callback: () => void }[] = [];
  answers: (() => Promise<CommandView>)[] = [];
  states: CommandState[] = [];
  private keys = 0;

  now = () => Date.parse(T0);
  newKey = () => `key-${++this.keys}`;
  later = (ms: number, callback: () => void) => void this.timers.push({ ms, callback });

  post = (_device: string, key: string, body: unknown) => {
    this.posts.push({ key, body });
    return this.answers.shift()?.() ?? Promise.resolve(view("queued"));
  };

  read = () => {
    this.reads += 1;
    return Promise.resolve(view(this.states.shift() ?? "confirmed"));
  };

  /** Lets the next timer of this length ring, and everything that follows at once. */
  async ring(ms: number): Promise<void> {
    const index = this.timers.findIndex((timer) => timer.ms === ms);
    if (index < 0) throw new Error(`no timer of ${ms} ms`);
    this.timers.splice(index, 1)[0]?.callback();
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function refuse(status: number): () => Promise<CommandView> {
  return () => Promise.reject(new ProblemError({ title: "No", status, detail: "not for you" }));
}

function noAnswer(): Promise<CommandView> {
  return Promise.reject(new NoAnswer());
}

function begin() {
  const world = new TestWorld();
  const store = new CommandStore(new QueryClient(), world);
  return { world, store, phase: () => store.read()[0]?.phase };
}

describe("CommandStore", () => {
  it("asks the server until the end while no events come, then lets Done go", async () => {
    const { world, store, phase } = begin();
    world.states = ["sent", "confirmed"];
    await store.send(wanted);
    expect(world.posts).toEqual([{ key: "key-1", body: { endpoint: 1, name: "OnOff.On", args: {} } }]);
    await world.ring(500);
    expect(phase()).toBe("sent");
    await world.ring(500);
    expect(phase()).toBe("done");
    await world.ring(4_000);
    expect(store.read()).toEqual([]);
  });
  it("leaves it to the events while they come", async () => {
    const { world, store } = begin();
    store.setLive(true);
    await store.send(wanted);
    expect(world.timers.map((timer) => timer.ms)).toEqual([40_000]);
    expect(world.reads).toBe(0);
  });
  it("repeats a request that nobody answered once, under the same key", async () => {
    const { world, store, phase } = begin();
    world.answers = [noAnswer];
    const sending = store.send(wanted);
    await settle();
    expect(phase()).toBe("sending");
    await world.ring(1_000);
    await sending;
    expect(world.posts.map((post) => post.key)).toEqual(["key-1", "key-1"]);
    expect(phase()).toBe("sending");
  });
  it("says that it does not know after two silences, and tries again under the same key", async () => {
    const { world, store, phase } = begin();
    world.answers = [noAnswer, noAnswer];
    const sending = store.send(wanted);
    await settle();
    await world.ring(1_000);
    await sending;
    expect(phase()).toBe("unknown");
    const [followed] = store.read();
    if (followed !== undefined) await store.again(followed);
    expect(world.posts.map((post) => post.key)).toEqual(["key-1", "key-1", "key-1"]);
  });
  it("tells why the server did not take it, and asks anew under a new key", async () => {
    const { world, store } = begin();
    world.answers = [refuse(403)];
    await store.send(wanted);
    expect(store.read()[0]).toMatchObject({ phase: "notSent", problem: "forbidden", reason: "not for you" });
    const [followed] = store.read();
    if (followed !== undefined) await store.again(followed);
    expect(world.posts.map((post) => post.key)).toEqual(["key-1", "key-2"]);
  });
});
