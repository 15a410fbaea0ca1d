// The kinds that people filter events by; the server knows only the types behind them.
import type { EventView } from "../live/protocol";

export const EVENT_KINDS = ["values", "presence", "alarms", "commands", "devices", "places", "people"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

const TYPES: Record<EventKind, EventView["type"][]> = {
  values: ["attribute.changed", "device.occurrence", "readings.imported", "reading.corrected", "readings.deleted", "readings.expired"],
  presence: ["device.online", "device.late", "device.offline"],
  alarms: ["alarm.raised", "alarm.acknowledged", "alarm.cleared"],
  commands: [
    "command.queued",
    "command.sent",
    "command.acked",
    "command.confirmed",
    "command.refused",
    "command.failed",
    "command.expired",
    "command.unconfirmed",
  ],
  devices: [
    "device.registered",
    "device.updated",
    "device.replaced",
    "device.deleted",
    "device.credentials_rotated",
    "device.key_added",
    "device.key_removed",
    "device.certificate_issued",
    "device.certificate_revoked",
    "mqtt_client.created",
    "mqtt_client.updated",
    "mqtt_client.secret_rotated",
    "mqtt_client.deleted",
    "webhook.created",
    "webhook.deleted",
    "device.discovered",
    "device.gone",
  ],
  places: ["home.created", "home.updated", "home.deleted", "room.created", "room.updated", "room.deleted"],
  people: [
    "organisation.created",
    "organisation.updated",
    "retention.updated",
    "member.added",
    "member.removed",
    "member.updated",
    "member.invited",
    "invitation.withdrawn",
    "oauth_client.created",
    "oauth_client.updated",
    "oauth_client.secret_rotated",
    "oauth_client.deleted",
  ],
};

export function typesOf(kind: EventKind): readonly EventView["type"][] {
  return TYPES[kind];
}

export function kindOf(type: EventView["type"]): EventKind {
  return EVENT_KINDS.find((kind) => TYPES[kind].includes(type)) ?? "devices";
}
