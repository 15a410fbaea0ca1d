// What of the device page lives in its URL.
import { optionalText } from "../app/search-values";

export function parseDeviceSearch(search: Record<string, unknown>) {
  return { ...optionalText("attribute", search["attribute"]), ...optionalText("range", search["range"]) };
}
