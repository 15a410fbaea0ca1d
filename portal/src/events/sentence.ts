// An event as a sentence: what happened to what, how serious it is, and who or what caused it.
import type { LucideIcon } from "lucide-react";
import {
  ArrowRightLeft,
  Bell,
  BellRing,
  CircleCheck,
  CircleX,
  House,
  KeyRound,
  LayoutGrid,
  Plus,
  Send,
  Trash2,
  UserPlus,
  Wifi,
  WifiOff,
} from "lucide-react";
import type { Say, Voice } from "../format/say";
import { spaced } from "../format/say";
import { attributeName, commandText, type Described, toneOf, twoStateOf, type Value, valueText } from "../format/wording";
import type { EventView } from "../live/protocol";
import type { Told } from "./digest";
import type { EventKind } from "./kinds";
import { kindOf } from "./kinds";

export type EventTone = "neutral" | "ok" | "attention" | "danger";

export interface Sentence {
  text: string;
  /** A second, quieter line: the reason, the value before. */
  detail?: string;
  /** What a bare number is a number of. */
  measure?: string;
  tone: EventTone;
  icon: LucideIcon;
}

/** What ids are called. A name that is not known is told from the event itself, or by what kind of thing it is. */
export interface Names {
  device(id: string): (Described & { id: string }) | undefined;
  home(id: string): string | undefined;
  room(id: string): string | undefined;
  person(id: string): string | undefined;
  me: string;
}

export interface Teller {
  /** The words of the catalogue `events`. */
  say: Say;
  voice: Voice;
  names: Names;
  /** The unit of an attribute, where it has one. */
  unitOf: (attribute: string) => string | undefined;
}

type Payload = Record<string, unknown>;

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function part(payload: Payload, name: string): Payload {
  const found = payload[name];
  return typeof found === "object" && found !== null ? (found as Payload) : {};
}

function isValue(value: unknown): value is Value {
  return typeof value === "boolean" || typeof value === "number" || typeof value === "string";
}

function describedDevice(event: EventView, names: Names): Described | undefined {
  const known = event.device == null ? undefined : names.device(event.device);
  const told = text(part(event.payload, "after")["name"]) ?? text(part(event.payload, "before")["name"]);
  return known ?? (told === undefined ? undefined : { name: told });
}

const ICONS: Record<EventKind, LucideIcon> = {
  values: ArrowRightLeft,
  presence: Wifi,
  alarms: BellRing,
  commands: Send,
  devices: LayoutGrid,
  places: House,
  people: UserPlus,
};

function iconOf(event: EventView): LucideIcon {
  if (event.type === "device.offline" || event.type === "device.late") return WifiOff;
  if (event.type === "device.credentials_rotated" || event.type.startsWith("mqtt_client.")) return KeyRound;
  if (event.type === "device.occurrence") return Bell;
  if (event.type === "command.confirmed") return CircleCheck;
  if (/^command\.(refused|failed|expired|unconfirmed)$/.test(event.type)) return CircleX;
  if (/\.(created|registered)$/.test(event.type)) return Plus;
  if (/\.(deleted|removed)$/.test(event.type)) return Trash2;
  return ICONS[kindOf(event.type)];
}

const TONES: Partial<Record<EventView["type"], EventTone>> = {
  "device.offline": "danger",
  "device.late": "attention",
  "device.online": "ok",
  "alarm.raised": "danger",
  "alarm.acknowledged": "attention",
  "alarm.cleared": "ok",
  "command.confirmed": "ok",
  "command.refused": "danger",
  "command.failed": "danger",
  "command.expired": "attention",
  "command.unconfirmed": "attention",
};

/** How serious an event is. Of many, most are asked only this: it needs none of the words. */
export function eventTone(event: EventView, names: Names): EventTone {
  if (event.type !== "attribute.changed") return TONES[event.type] ?? "neutral";
  const { attribute, to } = event.payload;
  const tone = isValue(to) ? toneOf(text(attribute) ?? "", to, twoStateOf(describedDevice(event, names))) : "neutral";
  return tone === "active" ? "neutral" : tone;
}

/** What of a thing was changed, by the names of its fields. */
function changedFields(payload: Payload): string[] {
  const [before, after] = [part(payload, "before"), part(payload, "after")];
  return Object.keys(after).filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null));
}

function changed(event: EventView, teller: Teller, device: Described | undefined, name: string): Sentence {
  const { payload } = event;
  const { say, voice } = teller;
  const attribute = text(payload["attribute"]) ?? "";
  const twoState = twoStateOf(device);
  const context = { twoState, unit: teller.unitOf(attribute) };
  const to = payload["to"];
  const shown = isValue(to) ? valueText(attribute, to, voice, context) : "";
  const from = payload["from"];
  const details = [attributeName(attribute, voice.say, twoState)];
  if (isValue(from)) details.push(say("before", { value: valueText(attribute, from, voice, context) }));
  return {
    text: say("sentence.attribute.changed", { device: name, value: shown }),
    detail: details.join(" · "),
    ...(typeof to === "number" && { measure: attributeName(attribute, voice.say, twoState) }),
    tone: eventTone(event, teller.names),
    icon: iconOf(event),
  };
}

function occurrence(event: EventView, { say }: Teller, name: string): Sentence {
  const told = text(event.payload["event"]) ?? "";
  const data = part(event.payload, "data");
  const key = `occurrence.${told}.${String(data["operation"] ?? "")}`;
  const how = text(data["source"]);
  return {
    text: say.has(key) ? say(key, { device: name }) : say("sentence.device.occurrence", { device: name, what: spaced(told.slice(told.indexOf(".") + 1)) }),
    ...(how !== undefined && { detail: say.has(`source.${how}`) ? say(`source.${how}`) : spaced(how) }),
    tone: "neutral",
    icon: iconOf(event),
  };
}

function command(event: EventView, { say, voice, names }: Teller, name: string): Sentence {
  const args = Object.fromEntries(Object.entries(part(event.payload, "args")).filter((entry): entry is [string, Value] => isValue(entry[1])));
  const what = commandText(text(event.payload["name"]) ?? "", args, voice);
  const reason = text(event.payload["reason"]);
  return {
    text: say(`sentence.${event.type}`, { device: name, command: what }),
    ...(reason !== undefined && { detail: reason }),
    tone: eventTone(event, names),
    icon: iconOf(event),
  };
}

function general(event: EventView, { say, names }: Teller, device: string): Sentence {
  const { payload } = event;
  const after = text(part(payload, "after")["name"]);
  const before = text(part(payload, "before")["name"]);
  const room = text(payload["room"]);
  const user = text(payload["user"]);
  const fields = changedFields(payload).map((field) => (say.has(`field.${field}`) ? say(`field.${field}`) : spaced(field)));
  const renamed = before !== undefined && after !== undefined && before !== after ? say("before", { value: before }) : undefined;
  const reason = text(payload["reason"]);
  const role = text(payload["role"]);
  const kind = text(payload["kind"]) ?? "";
  const detail =
    renamed ??
    (event.type.endsWith(".updated") && fields.length > 0 ? fields.join(", ") : undefined) ??
    (reason !== undefined && say.has(`reason.${reason}`) ? say(`reason.${reason}`) : reason) ??
    (role !== undefined ? say(`role.${role}`) : undefined);
  return {
    text: say(`sentence.${event.type}`, {
      device,
      name: after ?? before ?? (room === undefined ? undefined : names.room(room)) ?? say("something"),
      place: event.device == null ? ((event.home == null ? undefined : names.home(event.home)) ?? say("someHome")) : device,
      home: (event.home == null ? undefined : names.home(event.home)) ?? say("someHome"),
      what: say.has(`alarmKinds.${kind}`) ? say(`alarmKinds.${kind}`) : spaced(kind),
      person: (user === undefined ? undefined : names.person(user)) ?? say("somebody"),
    }),
    ...(detail !== undefined && { detail }),
    tone: eventTone(event, names),
    icon: iconOf(event),
  };
}

/** The line of a short list: what happened, and how often, where it stands for several changes. */
export function tellOften({ event, count, same }: Told, teller: Teller): Sentence {
  const sentence = tell(event, teller);
  return count === 1 ? sentence : { ...sentence, text: teller.say(same ? "times" : "changes", { what: sentence.text, count }) };
}

/** For a short list: who or what did it and how, or why it came to nothing. The value before is left to the full list. */
export function circumstances(event: EventView, sentence: Sentence, teller: Teller): string[] {
  const detail = event.type === "attribute.changed" ? sentence.measure : sentence.detail;
  return [detail, causeOf(event, teller)].filter((one) => one !== undefined);
}

/** For whoever points at one event: that it was told later than it happened. After a pause nearly all are, so lists do not say it. */
export function toldLate(event: EventView, { say }: Teller): string | undefined {
  return event.payload["quality"] === "late" ? say("late") : undefined;
}

export function tell(event: EventView, teller: Teller): Sentence {
  const device = describedDevice(event, teller.names);
  const name = device?.name ?? teller.say("someDevice");
  if (event.type === "attribute.changed") return changed(event, teller, device, name);
  if (event.type === "device.occurrence") return occurrence(event, teller, name);
  if (event.type.startsWith("command.")) return command(event, teller, name);
  return general(event, teller, name);
}

/** Who or what caused it; nothing where the device itself is the subject, which would only repeat its name. */
export function causeOf(event: EventView, { say, names }: Teller): string | undefined {
  const { cause } = event;
  switch (cause.type) {
    case "user":
      return say("by.user", { name: cause.id === names.me ? say("you") : (names.person(cause.id) ?? say("somebody")) });
    case "device":
      return cause.id === event.device ? undefined : say("by.device", { name: names.device(cause.id)?.name ?? say("someDevice") });
    case "mqtt_client":
      return say("by.mqttClient");
    case "service":
      return say("by.service");
    case "command":
      return say("by.command");
    case "event":
      return say("by.event");
    case "system":
      return say("by.system");
  }
}
