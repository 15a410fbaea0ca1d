// The words of the live connection: what the server says, what we ask for, and how several wishes become one.
import type { components } from "../api/schema";

export type EventView = components["schemas"]["EventView"];
export type Quality = components["schemas"]["Quality"];
export type PresenceStatus = components["schemas"]["PresenceStatus"];
export type Value = boolean | number | string;

/** The newest value of one attribute, as every part of the portal shows it. */
export interface LatestValue {
  endpoint: number;
  attribute: string;
  value: Value;
  unit?: string;
  time: number;
  received: number;
  quality: Quality;
}

/** Times come as RFC 3339 text; numbers are milliseconds already. */
export type WireTime = string | number;

export function millis(time: WireTime): number {
  return typeof time === "number" ? time : Date.parse(time);
}

export interface WireValue extends Omit<LatestValue, "time" | "received" | "unit"> {
  unit?: string | null;
  time: WireTime;
  received: WireTime;
}

export interface SnapshotDevice {
  device: string;
  presence: { status: PresenceStatus; since?: WireTime | null };
  last_seen?: WireTime | null;
  latest: WireValue[];
}

export interface ReadingItem extends WireValue {
  device: string;
}

export interface PresenceItem {
  device: string;
  status: PresenceStatus;
  since?: WireTime | null;
  last_seen?: WireTime | null;
}

export type ServerMessage =
  | { type: "subscribed"; cursor: string; time: WireTime }
  | { type: "snapshot"; devices: SnapshotDevice[]; last: boolean }
  | { type: "readings"; items: ReadingItem[]; presence: PresenceItem[] }
  | { type: "events"; items: EventView[]; cursor: string }
  | { type: "missed"; readings: number; since: WireTime }
  | { type: "error"; detail: string }
  | { type: "reset"; reason: string }
  | { type: "pong"; time: WireTime };

/** What one mounted part of the portal wants to hear. Empty places mean everything the caller may see. */
export interface Wish {
  organisation?: string;
  homes?: readonly string[];
  rooms?: readonly string[];
  devices?: readonly string[];
  readings?: boolean;
}

/** What the connection asks the server for: sorted, so that equal subscriptions are equal texts. */
export interface Subscription {
  organisation?: string;
  homes: string[];
  rooms: string[];
  devices: string[];
  readings: boolean;
}

export const CLOSE_SIGNED_OUT = 4001;
export const CLOSE_TOO_SLOW = 4008;
export const CLOSE_TOO_MANY = 4009;

const TYPES = new Set(["subscribed", "snapshot", "readings", "events", "missed", "error", "reset", "pong"]);

/** Lists that a newer server leaves out when they are empty are filled in; what is not a message is `undefined`. */
export function parseMessage(text: string): ServerMessage | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null || !("type" in found)) return undefined;
  const message = found as Record<string, unknown> & { type: string };
  if (!TYPES.has(message.type)) return undefined;
  if (message.type === "snapshot") return { last: false, devices: [], ...message } as unknown as ServerMessage;
  if (message.type === "readings" || message.type === "events") {
    return { items: [], presence: [], ...message } as unknown as ServerMessage;
  }
  return message as unknown as ServerMessage;
}

function isEverything(wish: Wish): boolean {
  return [wish.homes, wish.rooms, wish.devices].every((ids) => ids === undefined || ids.length === 0);
}

function merged(lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))].toSorted();
}

/** One subscription that covers every wish. Without a wish: all events, no readings, so that nothing goes stale. */
export function union(wishes: readonly Wish[]): Subscription {
  const readings = wishes.some((wish) => wish.readings === true);
  const organisations = merged(wishes.map((wish) => (wish.organisation === undefined ? [] : [wish.organisation])));
  const shared = organisations.length === 1 && wishes.every((wish) => wish.organisation !== undefined);
  const everything = wishes.length === 0 || wishes.some(isEverything);
  const places = (pick: (wish: Wish) => readonly string[] | undefined) => (everything ? [] : merged(wishes.map(pick)));
  return {
    ...(shared ? { organisation: organisations[0] as string } : {}),
    homes: places((wish) => wish.homes),
    rooms: places((wish) => wish.rooms),
    devices: places((wish) => wish.devices),
    readings,
  };
}

export function sameSubscription(one: Subscription, other: Subscription): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether everything that `narrow` hears, `wide` heard too. */
export function covers(wide: Subscription, narrow: Subscription): boolean {
  if (wide.organisation !== undefined && wide.organisation !== narrow.organisation) return false;
  const places = ["homes", "rooms", "devices"] as const;
  const everything = (one: Subscription) => places.every((place) => one[place].length === 0);
  if (everything(wide)) return true;
  if (everything(narrow)) return false;
  return places.every((place) => narrow[place].every((id) => wide[place].includes(id)));
}

/** What concerns every page, whatever place it shows: who belongs here, what there is, and what wants somebody. */
export const EVERYWHERE: readonly EventView["type"][] = [
  "organisation.created", "organisation.updated",
  "member.added", "member.removed", "member.updated", "member.invited", "invitation.withdrawn",
  "alarm.raised", "alarm.acknowledged", "alarm.cleared",
  "oauth_client.created", "oauth_client.updated", "oauth_client.secret_rotated", "oauth_client.deleted",
  "home.created", "home.updated", "home.deleted",
];

/** The text of a subscribe message. */
export function subscribeText(subscription: Subscription, cursor: string | undefined): string {
  return JSON.stringify({
    type: "subscribe",
    ...subscription,
    everywhere: EVERYWHERE,
    events: true,
    ...(cursor === undefined ? {} : { cursor }),
  });
}

/** The same subscription as query parameters, for server-sent events. */
export function subscribeQuery(subscription: Subscription, cursor: string | undefined): string {
  const query = new URLSearchParams();
  if (subscription.organisation !== undefined) query.set("organisation", subscription.organisation);
  for (const place of ["homes", "rooms", "devices"] as const) {
    if (subscription[place].length > 0) query.set(place, subscription[place].join(","));
  }
  query.set("readings", String(subscription.readings));
  query.set("events", "true");
  query.set("everywhere", EVERYWHERE.join(","));
  if (cursor !== undefined) query.set("cursor", cursor);
  return query.toString();
}
