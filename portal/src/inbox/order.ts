// In which order what was found is shown, under which name its bridge is known, and what of it is worth a glance.
import type { Discovered } from "../api/inbox";
import { partsOf, type Reading, readingsOf } from "../device/presentation";

const rank = (one: Discovered) => (one.endpoints.length > 0 ? 0 : 1);

/** What can be taken in comes before what has not said enough; then by name. */
export function inOrder(items: readonly Discovered[], state: Discovered["state"]): Discovered[] {
  return items.filter((one) => one.state === state).toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** The bridge that it is reached through, by the name it was found under. */
export function bridgeName(found: Discovered, all: readonly Discovered[]): string | undefined {
  if (found.via == null) return undefined;
  return all.find((other) => other.foreign_id === found.via && other.dialect === found.dialect)?.name ?? found.via;
}

/** Its own words for where it stands, when there is no such room. */
export function unknownRoom(found: Discovered): string | undefined {
  return found.suggested_room == null ? (found.suggested_room_name ?? undefined) : undefined;
}

/** All capabilities once, what it is known by first. */
export function abilitiesOf(found: Discovered): string[] {
  return [...new Set(partsOf(found).map(({ capability }) => capability))];
}

const keyOf = ({ endpoint, attribute }: Reading) => `${endpoint}/${attribute}`;

/** Its newest values in the order in which they matter. */
export function valuesOf(found: Discovered): Discovered["values"] {
  const values = new Map(found.values.map((value) => [keyOf(value), value]));
  return readingsOf(found, found.values).flatMap((reading) => values.get(keyOf(reading)) ?? []);
}
