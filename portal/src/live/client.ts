// Runs the link: owns the one line to the server, the timers and the wishes, and hands on what came, once a frame.
import { type Effect, type Input, type Link, newLink, step } from "./link";
import { type EventView, type ServerMessage, type Wish, covers, union } from "./protocol";
import type { Line, OpenLine } from "./transports";

/** The outside world, given in so that tests can give their own. */
export interface World {
  now(): number;
  random(): number;
  openLine: OpenLine;
  /** Asks the server over plain HTTP whether it is there and knows us. */
  probe(): Promise<"reachable" | "unreachable" | "signed_out">;
  /** Calls back soon, at most once a frame, also while the tab is hidden. Gives back how to call it off. */
  nextFrame(callback: () => void): () => void;
}

export interface Receiver {
  /** Messages of one frame, in order, with events that came twice taken out. */
  frame(messages: ServerMessage[], cursor: string | undefined): void;
  /** The cursor was not known any more, or there was none: what is on screen may have missed something. */
  reload(): void;
  /** Back after a loss: events are complete, series of readings have a hole. */
  resumed(): void;
  /** Places are heard now that were not before: what was loaded of them earlier may be out of date. */
  widened(): void;
  signedOut(): void;
}

const BEAT_MS = 20_000;
/** More than can be on the way while a subscription changes. */
const SEEN_MAX = 10_000;

export class LiveClient {
  private link: Link;
  private line: Line | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private cancelFrame: (() => void) | undefined;
  private queue: ServerMessage[] = [];
  private readonly seen = new Set<string>();
  private readonly wishes = new Map<number, Wish>();
  private nextWish = 0;
  private wishesChanged = false;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly world: World,
    private readonly receiver: Receiver,
    cursor: string | undefined,
  ) {
    this.link = newLink(world.now(), cursor);
  }

  get state(): Link {
    return this.link;
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  start(): void {
    this.link = { ...this.link, subscription: union([...this.wishes.values()]) };
    this.beat = setInterval(() => this.take({ type: "beat" }), BEAT_MS);
    this.take({ type: "start" });
  }

  stop(): void {
    clearInterval(this.beat);
    this.take({ type: "stop" });
    clearTimeout(this.timer);
    this.flush();
  }

  /** Adds a wish; the call that is given back takes it out. Several in one turn become one message. */
  wish(wish: Wish): () => void {
    const id = this.nextWish++;
    this.wishes.set(id, wish);
    this.wishesMoved();
    return () => {
      this.wishes.delete(id);
      this.wishesMoved();
    };
  }

  private wishesMoved(): void {
    if (this.wishesChanged) return;
    this.wishesChanged = true;
    queueMicrotask(() => {
      this.wishesChanged = false;
      const before = this.link.subscription;
      const subscription = union([...this.wishes.values()]);
      this.take({ type: "wanted", subscription });
      if (!covers(before, subscription)) this.receiver.widened();
    });
  }

  take(input: Input): void {
    const before = this.link;
    const [next, effects] = step(before, input, this.world.now(), this.world.random());
    this.link = next;
    for (const effect of effects) this.carryOut(effect);
    if (before.phase !== this.link.phase || before.trouble !== this.link.trouble) {
      for (const watcher of this.watchers) watcher();
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case "open":
        clearTimeout(this.timer);
        this.openLine();
        break;
      case "close":
        this.line?.close();
        this.line = undefined;
        break;
      case "send":
        this.line?.send(effect.text);
        break;
      case "wait":
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.take({ type: "waited" }), effect.ms);
        break;
      case "probe":
        void this.world.probe().then((result) => this.take({ type: "probed", result }));
        break;
      case "deliver":
        this.enqueue(effect.message);
        break;
      case "reload":
        this.flush();
        this.receiver.reload();
        break;
      case "resumed":
        this.flush();
        this.receiver.resumed();
        break;
      case "sign_in":
        this.receiver.signedOut();
        break;
    }
  }

  private openLine(): void {
    this.line?.close();
    const { transport, subscription, cursor } = this.link;
    this.line = this.world.openLine(transport, subscription, cursor, {
      opened: () => this.take({ type: "opened" }),
      message: (message) => this.take({ type: "message", message }),
      closed: (code) => this.take({ type: "closed", code }),
    });
  }

  private enqueue(message: ServerMessage): void {
    this.queue.push(message);
    this.cancelFrame ??= this.world.nextFrame(() => this.flush());
  }

  private flush(): void {
    this.cancelFrame?.();
    this.cancelFrame = undefined;
    if (this.queue.length === 0) return;
    const messages = this.queue.map((message) =>
      message.type === "events" ? { ...message, items: message.items.filter((event) => this.isNew(event)) } : message,
    );
    this.queue = [];
    this.receiver.frame(messages, newestCursor(messages));
  }

  /** While a subscription changes, the server repeats what was on the way. */
  private isNew(event: EventView): boolean {
    if (this.seen.has(event.id)) return false;
    this.seen.add(event.id);
    if (this.seen.size > SEEN_MAX) {
      for (const oldest of this.seen) {
        this.seen.delete(oldest);
        break;
      }
    }
    return true;
  }
}

function newestCursor(messages: readonly ServerMessage[]): string | undefined {
  let newest: string | undefined;
  for (const message of messages) {
    if (message.type === "events" || message.type === "subscribed") newest = message.cursor;
  }
  return newest;
}
