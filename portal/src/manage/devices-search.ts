// What of the devices list lives in its URL.
import { optionalText } from "../app/search-values";

export function parseDevicesSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("home", search["home"]),
    ...optionalText("room", search["room"]),
    ...optionalText("status", search["status"]),
    ...optionalText("q", search["q"]),
  };
}
