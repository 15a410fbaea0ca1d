// What is known of topics: their newest message, the few before it, and the tree that their names make. Pure.
import type { Schemas } from "../api/client";
import type { Instant } from "../format/instant";
import type { Passing } from "../live/watch";

export interface Message {
  topic: string;
  payload: string;
  retained: boolean;
  bytes: number;
  qos: number;
  /** Not known of what was retained before somebody looked. */
  received?: Instant;
  from?: string;
}

export interface Topic {
  topic: string;
  /** Newest first. */
  messages: readonly Message[];
  /** How many passed since somebody looks. */
  count: number;
}

/** By name. What did not change keeps its identity. */
export type Topics = ReadonlyMap<string, Topic>;

/** The newest ones of a topic; enough to see what changed. */
export const KEPT = 20;

export function messageOf({ topic, payload, bytes, qos, retain, received_at: received, from }: Passing): Message {
  return { topic, payload, retained: retain, bytes, qos, received, from };
}

function heard(before: Topic | undefined, message: Message): Topic {
  const earlier = before?.messages ?? [];
  return { topic: message.topic, messages: [message, ...earlier].slice(0, KEPT), count: (before?.count ?? 0) + 1 };
}

/** An empty retained message ends what was retained: the topic stays as long as somebody looks. */
export function withPassing(before: Topics, messages: readonly Passing[]): Topics {
  if (messages.length === 0) return before;
  const after = new Map(before);
  for (const passing of messages) after.set(passing.topic, heard(after.get(passing.topic), messageOf(passing)));
  return after;
}

/** What was retained when somebody began to look, under what passed since: of a topic that spoke, that says more. */
export function withRetained(passed: Topics, retained: readonly Schemas["TopicView"][]): Topics {
  const all = new Map(retained.map((message): [string, Topic] => [message.topic, { topic: message.topic, messages: [message], count: 0 }]));
  for (const [name, topic] of passed) all.set(name, topic);
  return all;
}

export interface Branch {
  /** The last level of its name. */
  level: string;
  path: string;
  topic: Topic | undefined;
  /** Topics in and below it. */
  count: number;
  branches: Branch[];
}

interface Growing {
  topic?: Topic;
  branches: Map<string, Growing>;
}

function grown(level: string, path: string, { topic, branches }: Growing): Branch {
  const below = [...branches]
    .map(([name, inner]) => grown(name, `${path}/${name}`, inner))
    .toSorted((a, b) => a.level.localeCompare(b.level, undefined, { numeric: true }));
  const count = below.reduce((sum, one) => sum + one.count, topic === undefined ? 0 : 1);
  return { level, path, topic, count, branches: below };
}

/** Levels between slashes; an empty level is one as well. */
export function treeOf(topics: Topics): Branch[] {
  const root: Growing = { branches: new Map() };
  for (const topic of topics.values()) {
    let place = root;
    for (const level of topic.topic.split("/")) {
      const next = place.branches.get(level) ?? { branches: new Map() };
      place.branches.set(level, next);
      place = next;
    }
    place.topic = topic;
  }
  return [...root.branches]
    .map(([level, inner]) => grown(level, level, inner))
    .toSorted((a, b) => a.level.localeCompare(b.level, undefined, { numeric: true }));
}

/** As it is best read; undefined where it is no JSON of its own kind. */
export function prettyJson(payload: string): string | undefined {
  const text = payload.trim();
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

/** One line of it, for lists. */
export function excerptOf(payload: string, length = 120): string {
  const line = payload.replaceAll(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
