// What of the alarms page lives in its URL: which home, and in which state.
import { optionalChoice, optionalText } from "../app/search-values";

export const ALARM_STATES = ["open", "acknowledged", "cleared"] as const;

export function parseAlarmsSearch(search: Record<string, unknown>) {
  return { ...optionalText("home", search["home"]), ...optionalChoice("state", search["state"], ALARM_STATES) };
}

export type AlarmsSearch = ReturnType<typeof parseAlarmsSearch>;
