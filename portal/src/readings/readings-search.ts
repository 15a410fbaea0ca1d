// What of the readings page lives in its URL: what is done there, and which readings are looked at.
import { optionalChoice, optionalText } from "../app/search-values";

export const READING_TASKS = ["import", "correct", "remove"] as const;
export type ReadingTask = (typeof READING_TASKS)[number];

export function parseReadingsSearch(search: Record<string, unknown>) {
  return {
    ...optionalChoice("task", search["task"], READING_TASKS),
    /** `endpoint/Capability.Attribute`, as on the device's page. */
    ...optionalText("attribute", search["attribute"]),
    ...optionalText("range", search["range"]),
    /** Readings as they were known at this instant, in milliseconds. */
    ...optionalText("known", search["known"]),
  };
}
