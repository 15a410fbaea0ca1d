// What of the list of MQTT clients lives in its URL: the words, the order, and whose trace is looked at.
import { optionalChoice, optionalText } from "../app/search-values";

export const SESSION_SORTS = ["name", "since", "queued", "messages"] as const;

export function parseSessionsSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("q", search["q"]),
    ...optionalChoice("sort", search["sort"], SESSION_SORTS),
    ...(search["desc"] === true && ({ desc: true } as { desc?: true | undefined })),
    ...optionalText("trace", search["trace"]),
  };
}
