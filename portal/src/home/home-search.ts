// What of the home page lives in its URL.
import { optionalText } from "../app/search-values";

export function parseHomeSearch(search: Record<string, unknown>) {
  return { ...optionalText("room", search["room"]) };
}
