// Alarms in the order in which they want somebody: open ones first, of those the worst, of equals the newest.
import type { Alarm } from "../api/alarms";
import { millis } from "../format/instant";
import type { Tone } from "../ui/tone";

const BY_STATE: Record<Alarm["state"], number> = { open: 0, acknowledged: 1, cleared: 2 };
const BY_SEVERITY: Record<Alarm["severity"], number> = { critical: 0, warning: 1, info: 2 };

export function byUrgency(a: Alarm, b: Alarm): number {
  if (a.state !== b.state) return BY_STATE[a.state] - BY_STATE[b.state];
  if (a.state === "open" && a.severity !== b.severity) return BY_SEVERITY[a.severity] - BY_SEVERITY[b.severity];
  return millis(b.since) - millis(a.since);
}

/** What is over or seen to is not shouted about any more. */
export function toneOf({ state, severity }: Pick<Alarm, "state" | "severity">): Tone {
  if (state === "cleared") return "ok";
  if (severity === "info") return "unknown";
  return severity === "critical" ? "danger" : "attention";
}

/** Both lists as one, each alarm once. */
export function together(some: readonly Alarm[], others: readonly Alarm[]): Alarm[] {
  return [...new Map([...some, ...others].map((alarm) => [alarm.id, alarm])).values()];
}
