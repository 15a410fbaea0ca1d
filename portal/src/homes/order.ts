// Which homes are shown, in which order: search, filter and sort of the overview.
import type { Home } from "../api/homes";
import { sortRows } from "../ui/table-sort";
import type { HOME_SHOWS, HOME_SORTS } from "./homes-search";

export interface HomesChoice {
  q?: string | undefined;
  sort?: (typeof HOME_SORTS)[number] | undefined;
  show?: (typeof HOME_SHOWS)[number] | undefined;
  organisation?: string | undefined;
}

export function chooseHomes(homes: readonly Home[], choice: HomesChoice, locale: string): Home[] {
  const words = (choice.q ?? "").toLocaleLowerCase(locale).split(/\s+/).filter(Boolean);
  const kept = homes.filter((home) => {
    if (choice.organisation !== undefined && home.organisation !== choice.organisation) return false;
    if (!shows(home, choice.show)) return false;
    const text = `${home.name} ${home.address}`.toLocaleLowerCase(locale);
    return words.every((word) => text.includes(word));
  });
  const byName = sortRows(kept, (home) => home.name, false, locale);
  switch (choice.sort) {
    case "attention":
      return sortRows(byName, urgency, true, locale);
    case "devices":
      return sortRows(byName, (home) => home.summary.devices, true, locale);
    default:
      return byName;
  }
}

function shows(home: Home, show: HomesChoice["show"]): boolean {
  switch (show) {
    case "attention":
      return home.summary.danger + home.summary.attention > 0;
    case "offline":
      return home.summary.offline > 0;
    default:
      return true;
  }
}

/** One danger weighs more than any number of lesser things. */
function urgency(home: Home): number {
  return home.summary.danger * 10_000 + home.summary.attention;
}
