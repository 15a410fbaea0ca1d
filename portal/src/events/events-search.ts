// What of the event stream lives in its URL.
import { optionalText } from "../app/search-values";

export function parseEventsSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("home", search["home"]),
    ...optionalText("device", search["device"]),
    ...optionalText("type", search["type"]),
  };
}
