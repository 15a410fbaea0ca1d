// How the live connection is kept: a pure machine from what happens to what to do. It holds no socket and no clock.
import {
  CLOSE_SIGNED_OUT,
  CLOSE_TOO_MANY,
  CLOSE_TOO_SLOW,
  type ServerMessage,
  type Subscription,
  sameSubscription,
  subscribeText,
  union,
} from "./protocol";

export type Phase = "connecting" | "live" | "fallback" | "offline";
export type Transport = "socket" | "stream";
/** Why the server last cut us off, where a person should know. */
export type Trouble = "too_slow" | "too_many";

export interface Link {
  phase: Phase;
  /** When the phase began; for `offline`, when the connection was lost. */
  since: number;
  step: "idle" | "opening" | "open" | "waiting" | "probing";
  transport: Transport;
  /** Attempts in a row that did not end in `subscribed`. */
  failures: number;
  /** The server answers, yet a WebSocket could not be opened: something between us does not let it through. */
  blocked: boolean;
  trouble: Trouble | null;
  subscription: Subscription;
  cursor: string | undefined;
  lostAt: number | null;
  /** Something arrived since the last beat. */
  heard: boolean;
}

export type Input =
  | { type: "start" }
  | { type: "stop" }
  | { type: "wanted"; subscription: Subscription }
  | { type: "opened" }
  | { type: "message"; message: ServerMessage }
  | { type: "closed"; code: number }
  | { type: "probed"; result: "reachable" | "unreachable" | "signed_out" }
  | { type: "waited" }
  | { type: "online" }
  | { type: "offline" }
  | { type: "visible" }
  | { type: "beat" };

export type Effect =
  | { do: "open"; transport: Transport }
  | { do: "close" }
  | { do: "send"; text: string }
  | { do: "wait"; ms: number }
  | { do: "probe" }
  | { do: "deliver"; message: ServerMessage }
  /** What was loaded before may have missed events: load it afresh. */
  | { do: "reload" }
  /** Back after a loss. Events are complete, but readings in between were not sent. */
  | { do: "resumed" }
  | { do: "sign_in" };

const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 30_000;
/** With the fallback in use, every so many lost connections a WebSocket is tried again. */
const SOCKET_AGAIN_EVERY = 3;

export function newLink(now: number, cursor: string | undefined): Link {
  return {
    phase: "connecting",
    since: now,
    step: "idle",
    transport: "socket",
    failures: 0,
    blocked: false,
    trouble: null,
    subscription: union([]),
    cursor,
    lostAt: null,
    heard: false,
  };
}

/** Twice as long each time, drawn from half to one and a half of its length, so that tabs do not come back as one. */
export function pauseMs(failures: number, random: number): number {
  const full = Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(full * (0.5 + random));
}

type Next = [Link, Effect[]];

function enter(link: Link, phase: Phase, since: number): Link {
  return link.phase === phase ? link : { ...link, phase, since };
}

function open(link: Link): Next {
  const again = link.failures % SOCKET_AGAIN_EVERY === SOCKET_AGAIN_EVERY - 1;
  const transport: Transport = link.blocked && !again ? "stream" : "socket";
  return [{ ...link, step: "opening", transport, heard: false }, [{ do: "open", transport }]];
}

function pause(link: Link, random: number): Next {
  const ms = pauseMs(link.failures, random);
  return [{ ...link, step: "waiting", failures: link.failures + 1 }, [{ do: "wait", ms }]];
}

function closed(link: Link, code: number, now: number, random: number): Next {
  if (link.step !== "opening" && link.step !== "open") return [link, []];
  if (code === CLOSE_SIGNED_OUT) return [{ ...link, step: "idle" }, [{ do: "sign_in" }]];
  const trouble = code === CLOSE_TOO_SLOW ? "too_slow" : code === CLOSE_TOO_MANY ? "too_many" : link.trouble;
  const phase = link.phase === "offline" ? "offline" : "connecting";
  const lost: Link = { ...enter(link, phase, now), lostAt: link.lostAt ?? now, trouble };
  if (trouble === "too_many") return pause({ ...lost, failures: Math.max(lost.failures, 5) }, random);
  // Never opened: a browser does not say why, so the server is asked over plain HTTP.
  if (link.step === "opening" && link.failures > 0) return [{ ...lost, step: "probing" }, [{ do: "probe" }]];
  return pause(lost, random);
}

function probed(link: Link, result: "reachable" | "unreachable" | "signed_out", now: number, random: number): Next {
  if (link.step !== "probing") return [link, []];
  if (result === "signed_out") return [{ ...link, step: "idle" }, [{ do: "sign_in" }]];
  if (result === "unreachable") return pause(enter({ ...link, blocked: false }, "offline", link.lostAt ?? now), random);
  return pause({ ...link, blocked: true }, random);
}

function received(link: Link, message: ServerMessage, now: number, random: number): Next {
  if (link.step !== "open" && link.step !== "opening") return [link, []];
  const heard: Link = { ...link, step: "open", heard: true };
  const deliver: Effect = { do: "deliver", message };
  if (message.type === "subscribed") {
    const phase: Phase = link.transport === "stream" ? "fallback" : "live";
    const calm = { ...heard, cursor: message.cursor, failures: 0, trouble: null, lostAt: null };
    const after: Effect[] = heard.cursor === undefined ? [{ do: "reload" }] : heard.lostAt === null ? [] : [{ do: "resumed" }];
    return [enter(calm, phase, now), [deliver, ...after]];
  }
  if (message.type === "events") return [{ ...heard, cursor: message.cursor }, [deliver]];
  // The reload follows with `subscribed`: loading earlier could again miss something.
  if (message.type === "reset") return [{ ...heard, cursor: undefined }, []];
  // Refused, and the old subscription stands: for too many requests, or a place that is gone. Asked for again later,
  // or what is on screen now would never be heard of.
  if (message.type === "error" && link.transport === "socket") {
    return [{ ...heard, failures: link.failures + 1 }, [deliver, { do: "wait", ms: pauseMs(link.failures, random) }]];
  }
  return [heard, [deliver]];
}

function wanted(link: Link, subscription: Subscription): Next {
  if (sameSubscription(link.subscription, subscription)) return [link, []];
  const next: Link = { ...link, subscription };
  if (link.step !== "open" && !(link.step === "opening" && link.transport === "stream")) return [next, []];
  // With the cursor: what happened in a newly watched home while this is on its way must not be missed. What is told
  // twice because of it is recognised by the client.
  if (link.transport === "socket") return [next, [{ do: "send", text: subscribeText(subscription, link.cursor) }]];
  // A stream cannot be told anything: it is opened anew, from where it was.
  return [{ ...next, step: "opening" }, [{ do: "close" }, { do: "open", transport: "stream" }]];
}

function beat(link: Link, now: number): Next {
  if (link.step !== "open" || link.transport !== "socket") return [link, []];
  if (link.heard) return [{ ...link, heard: false }, [{ do: "send", text: '{"type":"ping"}' }]];
  // Not even an answer to the last ping: the network is gone without having said so.
  const lost = { ...enter(link, "connecting", now), lostAt: now };
  const [next, effects] = open({ ...lost, failures: lost.failures + 1 });
  return [next, [{ do: "close" }, ...effects]];
}

/** `random` is drawn anew by the caller for each step, from 0 up to 1. */
export function step(link: Link, input: Input, now: number, random: number): Next {
  switch (input.type) {
    case "start":
      return link.step === "idle" ? open({ ...link, failures: 0 }) : [link, []];
    case "stop":
      return [{ ...link, step: "idle" }, [{ do: "close" }]];
    case "wanted":
      return wanted(link, input.subscription);
    case "opened":
      if (link.step !== "opening") return [link, []];
      if (link.transport === "stream") return [link, []];
      return [{ ...link, step: "open" }, [{ do: "send", text: subscribeText(link.subscription, link.cursor) }]];
    case "message":
      return received(link, input.message, now, random);
    case "closed":
      return closed(link, input.code, now, random);
    case "probed":
      return probed(link, input.result, now, random);
    case "waited":
      if (link.step === "open") return [link, [{ do: "send", text: subscribeText(link.subscription, link.cursor) }]];
      return link.step === "waiting" ? open(link) : [link, []];
    case "online":
    case "visible":
      return link.step === "waiting" ? open(link) : [link, []];
    case "offline":
      if (link.step === "idle") return [link, []];
      return [
        { ...enter(link, "offline", link.lostAt ?? now), lostAt: link.lostAt ?? now, step: "waiting", failures: 0 },
        [{ do: "close" }, { do: "wait", ms: WAIT_MAX_MS }],
      ];
    case "beat":
      return beat(link, now);
  }
}
