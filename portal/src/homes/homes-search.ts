// What of the homes overview lives in its URL.
import { optionalChoice, optionalText } from "../app/search-values";

export const HOME_SORTS = ["name", "attention", "devices"] as const;
export const HOME_SHOWS = ["attention", "offline"] as const;

export function parseHomesSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("q", search["q"]),
    ...optionalChoice("sort", search["sort"], HOME_SORTS),
    ...optionalChoice("show", search["show"], HOME_SHOWS),
  };
}
