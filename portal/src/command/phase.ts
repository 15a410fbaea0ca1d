// Where a command stands, in the portal's words. The words follow the command's state, and a state is only ever what
// the server says it is.
import type { Schemas } from "../api/client";
import { STEP_UP } from "../api/problem";

export type CommandState = Schemas["CommandState"];

export type Phase =
  | "sending" | "sent" | "received" | "done" | "refused" | "failed" | "expired" | "unconfirmed"
  /** The request itself was not taken: nothing was asked of the device. */
  | "notSent"
  /** Nobody answered the request: it may or may not have been taken. */
  | "unknown";

export const PHASES = ["sending", "sent", "received", "done"] as const satisfies readonly Phase[];

/** `settled` parts the device's word that it took a command from the end of one that has nothing to prove. */
export function phaseOf(command: { state: CommandState; settled: boolean }): Phase {
  switch (command.state) {
    case "queued":
      return "sending";
    case "sent":
      return "sent";
    case "acked":
      return command.settled ? "done" : "received";
    case "confirmed":
      return "done";
    case "refused":
    case "failed":
    case "expired":
    case "unconfirmed":
      return command.state;
  }
}

export function isPending(phase: Phase): boolean {
  return phase === "sending" || phase === "sent" || phase === "received";
}

export type PhaseTone = "active" | "ok" | "attention" | "danger";

export function phaseTone(phase: Phase): PhaseTone {
  if (isPending(phase)) return "active";
  if (phase === "done") return "ok";
  return phase === "refused" || phase === "failed" ? "danger" : "attention";
}

export type ProblemKind = "unproved" | "forbidden" | "gone" | "invalid" | "busy" | "server";

/** What kind of refusal the server's answer is; each has its own advice. */
export function problemKind(status: number, type?: string): ProblemKind {
  if (type === STEP_UP) return "unproved";
  if (status === 401 || status === 403) return "forbidden";
  if (status === 404 || status === 410) return "gone";
  if (status === 429 || status === 503) return "busy";
  return status >= 500 ? "server" : "invalid";
}

/**
 * Which advice goes with a phase. A command that waits for a device that is away is told apart from one that is only
 * a moment on its way.
 */
export function adviceKey(phase: Phase, deviceAway: boolean, problem?: ProblemKind): string | undefined {
  if (phase === "sending") return deviceAway ? "waiting" : undefined;
  if (phase === "sent") return deviceAway ? "sentAway" : undefined;
  if (phase === "received" || phase === "done") return undefined;
  if (phase === "notSent") return `notSent.${problem ?? "server"}`;
  return phase;
}
