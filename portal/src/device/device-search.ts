// What of the device page lives in its URL: the series shown (`endpoint/Capability.Attribute`), its span, what it is compared with, and
// the tab.
import { optionalChoice, optionalText } from "../app/search-values";

export const DEVICE_TABS = ["events", "commands", "diagnostics"] as const;
export type DeviceTab = (typeof DEVICE_TABS)[number];

export function parseDeviceSearch(search: Record<string, unknown>) {
  return {
    ...optionalText("attribute", search["attribute"]),
    ...optionalText("range", search["range"]),
    ...optionalText("compare", search["compare"]),
    ...optionalChoice("tab", search["tab"], DEVICE_TABS),
  };
}
