// What of adding a device lives in its URL: where it will stand, and once it is registered, which one it is.
import { optionalText } from "../app/search-values";

export function parseAddSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("home", search["home"]),
    ...optionalText("room", search["room"]),
    ...optionalText("device", search["device"]),
  };
}
