// Which answers in the query cache an event makes out of date, and how they are loaded again without a storm.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "../api/keys";
import type { EventView } from "./protocol";

/** Attributes that can raise or settle what needs attention. */
const ALARMING = /^(SmokeCoAlarm|BooleanState|DoorLock|PowerSource|AirQuality)\./;
const ATTENTION: QueryKey = ["attention"];
const DEVICES: QueryKey = ["devices"];
const ROOMS: QueryKey = ["rooms"];
const COMMANDS: QueryKey = ["commands"];
const INBOX: QueryKey = ["inbox"];
/** The event page merges what comes by itself; every other list of events is loaded again. */
export const EVENT_STREAM = "stream";

function aboutDevice(event: EventView): QueryKey[] {
  return event.device == null ? [] : [keys.device(event.device)];
}

/** The cache keys (and with them everything below) that an event concerns. Presence and values come as readings. */
export function keysOf(event: EventView): QueryKey[] {
  const [noun] = event.type.split(".");
  switch (noun) {
    case "organisation":
      return [keys.organisations, keys.profile];
    case "member":
      return [["members"], ["invitations"], keys.profile];
    case "home":
      return [keys.homes, ATTENTION, ...(event.type === "home.deleted" ? [ROOMS, DEVICES] : [])];
    case "room":
      return [ROOMS, DEVICES, ...(event.type === "room.deleted" ? [["device"]] : []), ["search"]];
    case "device":
      return deviceKeys(event);
    case "mqtt_client":
      return [["mqtt-clients"]];
    case "oauth_client":
      return [["oauth-clients"]];
    case "attribute":
      return ALARMING.test(String(event.payload["attribute"])) ? [ATTENTION, keys.homes] : [];
    case "command":
      return [COMMANDS];
    case "reading":
    case "readings":
      return [["storage"], ...(event.device == null ? [["device"]] : aboutDevice(event))];
    case "invitation":
      return [["invitations"]];
    case "alarm":
      return [["alarms"], ATTENTION];
    case "retention":
      return [["storage"], ["retention"]];
    default:
      return [];
  }
}

function deviceKeys(event: EventView): QueryKey[] {
  switch (event.type) {
    case "device.occurrence":
      return [];
    case "device.online":
    case "device.late":
    case "device.offline":
      return [keys.homes, ATTENTION, ...(event.device == null ? [] : [keys.diagnostics(event.device)])];
    case "device.discovered":
      return [INBOX];
    default:
      return [DEVICES, INBOX, keys.homes, ATTENTION, ["search"], ...aboutDevice(event)];
  }
}

const QUIET_MS = 1_000;

/** Gathers keys and invalidates them: the first at once, further ones at most once a second. */
export class Refresher {
  private readonly due = new Map<string, QueryKey>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly cache: QueryClient) {}

  take(events: readonly EventView[]): void {
    if (events.length === 0) return;
    for (const key of events.flatMap(keysOf)) this.due.set(JSON.stringify(key), key);
    this.due.set("events", ["events"]);
    if (this.timer === undefined) this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due.clear();
  }

  private flush(): void {
    if (this.due.size === 0) {
      this.timer = undefined;
      return;
    }
    for (const queryKey of this.due.values()) {
      void this.cache.invalidateQueries({ queryKey, predicate: (query) => query.queryKey[1] !== EVENT_STREAM });
    }
    this.due.clear();
    this.timer = setTimeout(() => this.flush(), QUIET_MS);
  }
}

/** Everything on screen again. What is being loaded right now may be too old already, so it follows once more. */
export function reloadAll(cache: QueryClient): void {
  const flying = cache.getQueryCache().findAll({ fetchStatus: "fetching" });
  void cache.invalidateQueries({}, { cancelRefetch: false });
  for (const query of flying) {
    const again = () => void cache.invalidateQueries({ queryKey: query.queryKey, exact: true });
    query.promise?.then(again, again);
  }
}
