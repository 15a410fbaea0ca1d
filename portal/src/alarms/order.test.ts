// What wants somebody stands first.
import { describe, expect, it } from "vitest";
import type { Alarm } from "../api/alarms";
import { byUrgency, toneOf } from "./order";

const alarm = (id: string, state: Alarm["state"], severity: Alarm["severity"], since: string) => ({ id, state, severity, since }) as Alarm;

describe("byUrgency", () => {
  it("puts open before acknowledged before cleared, the worst first, then the newest", () => {
    const alarms = [
      alarm("over", "cleared", "critical", "2026-11-21T12:00:00Z"),
      alarm("seen", "acknowledged", "critical", "2026-11-21T11:00:00Z"),
      alarm("warns", "open", "warning", "2026-11-21T10:00:00Z"),
      alarm("old", "open", "critical", "2026-11-20T09:00:00Z"),
      alarm("new", "open", "critical", "2026-11-21T09:00:00Z"),
      alarm("newer seen", "acknowledged", "info", "2026-11-21T12:00:00Z"),
    ];
    expect(alarms.toSorted(byUrgency).map(({ id }) => id)).toEqual(["new", "old", "warns", "newer seen", "seen", "over"]);
  });
});

it("shouts about nothing that is over", () => {
  expect(toneOf({ state: "cleared", severity: "critical" })).toBe("ok");
  expect(toneOf({ state: "open", severity: "critical" })).toBe("danger");
  expect(toneOf({ state: "acknowledged", severity: "warning" })).toBe("attention");
  expect(toneOf({ state: "open", severity: "info" })).toBe("unknown");
});
