// What of the message view lives in its URL: the filter that is watched, and the topic that is looked at.
import { optionalText } from "../app/search-values";

export function parseExplorerSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("filter", search["filter"]),
    ...optionalText("topic", search["topic"]),
  };
}
