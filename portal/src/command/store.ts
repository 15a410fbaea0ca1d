// Sends commands and follows them to their end: by live events, and by asking the server while those are away.
import type { QueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { newKey } from "../api/once";
import { NoAnswer, ProblemError } from "../api/problem";
import { type Capability, isProvable } from "../device/capabilities";
import { type Asked, type CommandView, type EventView, follow, type Followed, type Step } from "./following";
import { isPending, problemKind } from "./phase";
import { wishOf } from "./wish";

type NewCommand = Schemas["NewCommandBody"];

/** The outside world, given in so that tests can give their own. */
export interface CommandWorld {
  now(): number;
  newKey(): string;
  post(device: string, key: string, body: NewCommand): Promise<CommandView>;
  /** Answers when the command is settled, or after some seconds as it then stands. */
  read(id: string): Promise<CommandView>;
  later(ms: number, callback: () => void): void;
}

/** Between the first attempt and its one repetition under the same key. */
const REPEAT_MS = 1_000;
/** How long events have before the server is asked: the device has 30 s to prove it, and the sweeper comes behind. */
const GRACE_LIVE_MS = 40_000;
const GRACE_ALONE_MS = 500;
/** How long Done stays to be seen. */
const DONE_MS = 4_000;
const ASK_AGAIN_MS = 2_000;

export class CommandStore {
  private isLive = false;
  private list: readonly Followed[] = [];
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly cache: QueryClient,
    private readonly world: CommandWorld,
  ) {}

  read = (): readonly Followed[] => this.list;

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  send(wanted: Omit<Asked, "key">): Promise<void> {
    const asked = { ...wanted, key: this.world.newKey() };
    this.take({ type: "asked", asked, at: this.world.now() });
    return this.request(asked, true);
  }

  /** The same wish under the same key: the server does it once, however often it is asked. */
  again(followed: Followed): Promise<void> {
    const { device, endpoint, name, args } = followed;
    this.take({ type: "dismissed", key: followed.key });
    if (followed.phase !== "unknown") return this.send({ device, endpoint, name, args });
    const asked = { key: followed.key, device, endpoint, name, args };
    this.take({ type: "asked", asked, at: this.world.now() });
    return this.request(asked, false);
  }

  /** Whether events arrive; otherwise the server is asked at once. */
  setLive = (isLive: boolean): void => {
    this.isLive = isLive;
  };

  dismiss(key: string): void {
    this.take({ type: "dismissed", key });
  }

  hear(events: readonly EventView[]): void {
    const known = this.cache.getQueryData<Capability[]>(keys.capabilities);
    const provable = (name: string) => isProvable(known, name) ?? wishOf(name, {}) !== undefined;
    for (const event of events) this.take({ type: "event", event, provable });
  }

  private async request(asked: Asked, mayRepeat: boolean): Promise<void> {
    const { key, device, endpoint, name, args } = asked;
    try {
      const view = await this.world.post(device, key, { endpoint, name, args });
      this.take({ type: "taken", key, view });
      this.lookAfter(view.id);
    } catch (error) {
      if (error instanceof ProblemError) {
        const { status, problem } = error;
        const kind = problemKind(status, problem.type);
        const reason = kind === "unproved" ? undefined : (problem.errors?.[0]?.reason ?? problem.detail);
        this.take({ type: "refused", key, at: this.world.now(), problem: kind, reason });
      } else if (error instanceof NoAnswer && mayRepeat) {
        await new Promise<void>((resolve) => this.world.later(REPEAT_MS, resolve));
        await this.request(asked, false);
      } else {
        this.take({ type: "noAnswer", key, at: this.world.now() });
      }
    }
  }

  private lookAfter(id: string): void {
    this.world.later(this.isLive ? GRACE_LIVE_MS : GRACE_ALONE_MS, () => void this.ask(id));
  }

  private async ask(id: string): Promise<void> {
    const followed = this.list.find((one) => one.id === id);
    if (followed === undefined || !isPending(followed.phase)) return;
    try {
      const view = await this.world.read(id);
      this.take({ type: "read", view });
      if (!this.isLive) void this.cache.invalidateQueries({ queryKey: keys.state(view.device) });
      if (!view.settled) this.lookAfter(id);
    } catch {
      // The server is away or busy: the command is where it is, and is asked for again.
      this.world.later(ASK_AGAIN_MS, () => void this.ask(id));
    }
  }

  private take(step: Step): void {
    const before = this.list;
    this.list = follow(before, step);
    if (this.list === before) return;
    for (const one of this.list) {
      const was = before.find((other) => other.key === one.key);
      if (one.phase === "done" && was?.phase !== "done") this.world.later(DONE_MS, () => this.dismiss(one.key));
    }
    for (const watcher of this.watchers) watcher();
  }
}

function browserWorld(): CommandWorld {
  return {
    now: () => Date.now(),
    newKey,
    post: (device, key, body) =>
      answer(
        api.POST("/api/iot/devices/{id}/commands", {
          params: { path: { id: device }, header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    read: (id) => answer(api.GET("/api/iot/commands/{id}", { params: { path: { id }, query: { wait: "20s" } } })),
    later: (ms, callback) => void setTimeout(callback, ms),
  };
}

const stores = new WeakMap<QueryClient, CommandStore>();

/** One store for the whole portal, so that a command is seen on every page while it is under way. */
export function commandStore(cache: QueryClient): CommandStore {
  const known = stores.get(cache);
  if (known !== undefined) return known;
  const store = new CommandStore(cache, browserWorld());
  stores.set(cache, store);
  return store;
}
