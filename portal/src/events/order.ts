// The order in which people read events: by when each happened. What a device tells late comes into the log behind
// newer things, and belongs further down all the same.
import type { EventView } from "../live/protocol";

export function newestFirst(events: readonly EventView[]): EventView[] {
  return events.toSorted(
    (a, b) => Date.parse(b.time) - Date.parse(a.time) || Date.parse(b.recorded) - Date.parse(a.recorded) || b.seq - a.seq,
  );
}
