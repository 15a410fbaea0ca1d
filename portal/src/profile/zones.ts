// The time zones to choose from: all that the browser knows, and in any case the one that is set.

export function zonesWith(current: string): string[] {
  const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set([...known, "UTC", current])].toSorted();
}
