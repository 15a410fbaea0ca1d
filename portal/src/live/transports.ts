// The two ways to the server, a WebSocket and server-sent events, behind one small face.
import { type ServerMessage, type Subscription, parseMessage, subscribeQuery } from "./protocol";
import type { Transport } from "./link";

export interface Listener {
  opened(): void;
  message(message: ServerMessage): void;
  closed(code: number): void;
}

export interface Line {
  send(text: string): void;
  /** After this nothing is heard any more. */
  close(): void;
}

export type OpenLine = (
  transport: Transport,
  subscription: Subscription,
  cursor: string | undefined,
  listener: Listener,
) => Line;

const PATH = "/api/live";
const FRAMES = ["subscribed", "snapshot", "readings", "events", "missed", "error", "reset", "pong"];
const CODE_ABNORMAL = 1006;

function openSocket(origin: string, listener: Listener): Line {
  const socket = new WebSocket(`${origin.replace(/^http/, "ws")}${PATH}`, "lares.live.v1");
  socket.onopen = () => listener.opened();
  socket.onclose = (event) => listener.closed(event.code);
  socket.onmessage = (event) => {
    const message = typeof event.data === "string" ? parseMessage(event.data) : undefined;
    if (message !== undefined) listener.message(message);
  };
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    },
  };
}

function openStream(origin: string, query: string, listener: Listener): Line {
  const source = new EventSource(`${origin}${PATH}?${query}`);
  const take = (event: MessageEvent) => {
    const message = typeof event.data === "string" ? parseMessage(event.data) : undefined;
    if (message !== undefined) listener.message(message);
  };
  source.onopen = () => listener.opened();
  source.onerror = (event) => {
    // A server frame named "error" comes here too; only a broken stream has no data.
    if (event instanceof MessageEvent) return;
    source.close();
    listener.closed(CODE_ABNORMAL);
  };
  for (const frame of FRAMES) source.addEventListener(frame, take);
  // A stream has no close codes of its own.
  source.addEventListener("closed", (event) => {
    source.close();
    listener.closed((JSON.parse(event.data) as { code: number }).code);
  });
  return {
    send: () => undefined,
    close: () => {
      source.onopen = source.onerror = null;
      for (const frame of FRAMES) source.removeEventListener(frame, take);
      source.close();
    },
  };
}

export function openLineTo(origin: string): OpenLine {
  return (transport, subscription, cursor, listener) =>
    transport === "socket"
      ? openSocket(origin, listener)
      : openStream(origin, subscribeQuery(subscription, cursor), listener);
}
