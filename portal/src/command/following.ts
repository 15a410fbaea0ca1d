// The commands a person follows on screen, folded from what was asked, answered and heard. Pure: the store around it
// talks to the server.
import type { Schemas } from "../api/client";
import { millis } from "../format/instant";
import type { Value } from "../format/wording";
import { type CommandState, isPending, phaseOf, type Phase, type ProblemKind } from "./phase";
import { wishOf, type Wish } from "./wish";

export type CommandView = Schemas["CommandView"];
export type EventView = Schemas["EventView"];

export interface Asked {
  /** The idempotency key: the same for every attempt to send this one wish. */
  key: string;
  device: string;
  endpoint: number;
  name: string;
  args: Record<string, Value>;
}

export interface Followed extends Asked {
  wish: Wish | undefined;
  phase: Phase;
  since: number;
  /** The server's id, once it has taken the command. */
  id: string | undefined;
  reason: string | undefined;
  problem: ProblemKind | undefined;
  notAfter: number | undefined;
  /** Asked on this screen; others' commands are shown only while they are under way. */
  mine: boolean;
  /** What was heard while it had no id yet, and may be its own. */
  early: readonly Heard[];
}

/** What an event says of a command. */
interface Heard {
  id: string;
  asked: Asked;
  phase: Phase;
  at: number;
  reason: string | undefined;
}

export type Step =
  | { type: "asked"; asked: Asked; at: number }
  | { type: "taken"; key: string; view: CommandView }
  | { type: "read"; view: CommandView }
  | { type: "refused"; key: string; at: number; problem: ProblemKind; reason: string | undefined }
  | { type: "noAnswer"; key: string; at: number }
  | { type: "event"; event: EventView; provable: (name: string) => boolean | undefined }
  | { type: "dismissed"; key: string };

export function follow(list: readonly Followed[], step: Step): readonly Followed[] {
  switch (step.type) {
    case "asked":
      return [...list.filter((one) => !isSuperseded(one, step.asked)), begin(step.asked, step.at)];
    case "taken":
      return taken(list, step.key, step.view);
    case "read":
      return change(list, (one) => one.id === step.view.id, (one) => fromView(one, step.view));
    case "refused":
      return change(list, (one) => one.key === step.key, (one) => ({
        ...one, phase: "notSent", since: step.at, problem: step.problem, reason: step.reason,
      }));
    case "noAnswer":
      return change(list, (one) => one.key === step.key, (one) => ({ ...one, phase: "unknown", since: step.at }));
    case "event":
      return heard(list, step.event, step.provable);
    case "dismissed":
      return list.filter((one) => one.key !== step.key);
  }
}

function capability(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

/** What is over makes room for the next wish of the same control; what is under way stays to be seen. */
function isSuperseded(one: Followed, asked: Asked): boolean {
  const same = one.device === asked.device && one.endpoint === asked.endpoint;
  return same && capability(one.name) === capability(asked.name) && !isPending(one.phase);
}

function begin(asked: Asked, at: number): Followed {
  return {
    ...asked,
    wish: wishOf(asked.name, asked.args),
    phase: "sending",
    since: at,
    id: undefined,
    reason: undefined,
    problem: undefined,
    notAfter: undefined,
    mine: true,
    early: [],
  };
}

function change(
  list: readonly Followed[],
  isIt: (one: Followed) => boolean,
  to: (one: Followed) => Followed,
): readonly Followed[] {
  return list.some(isIt) ? list.map((one) => (isIt(one) ? to(one) : one)) : list;
}

const ORDER: readonly Phase[] = ["sending", "sent", "received"];

/** An answer may be older than an event that overtook it: nothing ever goes back, and what is over stays over. */
function moved(one: Followed, phase: Phase, since: number, reason: string | undefined): Followed {
  const isOver = one.id !== undefined && !isPending(one.phase);
  const isBack = isPending(phase) && ORDER.indexOf(phase) < ORDER.indexOf(one.phase);
  if (isOver || isBack) return one;
  return { ...one, phase, since, reason, problem: undefined };
}

function fromView(one: Followed, view: CommandView): Followed {
  const next = moved(one, phaseOf(view), millis(view.state_since), view.reason ?? undefined);
  return { ...next, id: view.id, endpoint: view.endpoint, notAfter: millis(view.not_after) };
}

interface CommandPayload {
  command: string;
  endpoint: number;
  name: string;
  args: Record<string, Value>;
  reason?: string | null;
}

export function commandPayload(event: EventView): CommandPayload | undefined {
  if (!event.type.startsWith("command.")) return undefined;
  const payload = event.payload as Partial<CommandPayload>;
  if (typeof payload.command !== "string" || typeof payload.name !== "string") return undefined;
  return { endpoint: 0, args: {}, ...payload } as CommandPayload;
}

function heard(
  list: readonly Followed[],
  event: EventView,
  provable: (name: string) => boolean | undefined,
): readonly Followed[] {
  const payload = commandPayload(event);
  if (payload === undefined || event.device === null || event.device === undefined) return list;
  const state = event.type.slice("command.".length) as CommandState;
  const { command: id, name, args, endpoint } = payload;
  const settled = state === "acked" ? provable(name) === false : state !== "queued" && state !== "sent";
  return place(list, {
    id,
    asked: { key: id, device: event.device, endpoint, name, args },
    phase: phaseOf({ state, settled }),
    at: millis(event.time),
    reason: payload.reason ?? undefined,
  });
}

function place(list: readonly Followed[], news: Heard): readonly Followed[] {
  const { id, asked, phase, at, reason } = news;
  if (list.some((one) => one.id === id)) {
    const next = change(list, (one) => one.id === id, (one) => moved(one, phase, at, reason));
    return next.filter((one) => one.mine || isPending(one.phase));
  }
  // The events of an own command, even its last, may overtake the answer that gives its id.
  const mayBe = (one: Followed) => one.mine && one.id === undefined && one.device === asked.device && one.name === asked.name;
  if (list.some(mayBe)) return change(list, mayBe, (one) => ({ ...one, early: [...one.early, news] }));
  if (!isPending(phase)) return list;
  return [...list, { ...begin(asked, at), id, phase, reason, mine: false }];
}

/** The answer, and then what had overtaken it; what was meant for another is given to that one. */
function taken(list: readonly Followed[], key: string, view: CommandView): readonly Followed[] {
  const early = list.find((one) => one.key === key)?.early ?? [];
  const known = change(list, (one) => one.key === key, (one) => ({ ...fromView(one, view), early: [] }));
  // Another without an id has kept the same events for itself.
  const still = known.some((one) => one.mine && one.id === undefined && one.device === view.device && one.name === view.name);
  return early.filter((news) => news.id === view.id || !still).reduce(place, known);
}

/** The newest command of a control that is still to be seen. */
export function newestOf(
  list: readonly Followed[],
  device: string,
  endpoint?: number,
  capabilities?: readonly string[],
): Followed | undefined {
  return list.findLast(
    (one) =>
      one.device === device &&
      (endpoint === undefined || one.endpoint === endpoint) &&
      (capabilities === undefined || capabilities.includes(capability(one.name))),
  );
}
