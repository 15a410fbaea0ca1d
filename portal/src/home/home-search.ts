// What of the home pages lives in its URL.
import { optionalText } from "../app/search-values";

export function parseHomeChartsSearch(search: Record<string, unknown>) {
  return { ...optionalText("attribute", search["attribute"]), ...optionalText("range", search["range"]) };
}

export function parseHomeSearch(search: Record<string, unknown>) {
  return { ...optionalText("room", search["room"]) };
}
