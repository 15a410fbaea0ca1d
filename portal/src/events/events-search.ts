// What of the event stream lives in its URL: where, what kind, and from which day to which.
import { optionalChoice, optionalText } from "../app/search-values";
import { EVENT_KINDS } from "./kinds";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function optionalDay<K extends string>(name: K, value: unknown): { [P in K]?: string } {
  return typeof value === "string" && DAY.test(value) ? ({ [name]: value } as { [P in K]?: string }) : {};
}

export function parseEventsSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("home", search["home"]),
    ...optionalText("device", search["device"]),
    ...optionalChoice("type", search["type"], EVENT_KINDS),
    ...optionalDay("from", search["from"]),
    ...optionalDay("until", search["until"]),
  };
}

export type EventsSearch = ReturnType<typeof parseEventsSearch>;
