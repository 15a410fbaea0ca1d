// What of the devices list lives in its URL: filters, search and order.
import { optionalChoice, optionalText } from "../app/search-values";

export const STATUSES = ["online", "late", "offline", "unknown"] as const;
const COLUMNS = ["name", "place", "kind", "status", "seen"] as const;

export function parseDevicesSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("home", search["home"]),
    ...optionalText("room", search["room"]),
    ...optionalText("tag", search["tag"]),
    ...optionalChoice("status", search["status"], STATUSES),
    ...optionalText("q", search["q"]),
    ...optionalChoice("sort", search["sort"], COLUMNS),
    ...(search["desc"] === true ? { desc: true as const } : {}),
  };
}

export type DevicesSearch = ReturnType<typeof parseDevicesSearch>;
