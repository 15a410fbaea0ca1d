// Spans to choose from, as instants.
import { expect, it } from "vitest";
import { expiryOf, LASTS } from "./lasting";

it("ends when it says, or never", () => {
  const now = Date.UTC(2026, 10, 21);
  expect(expiryOf("7d", now)).toBe(Date.UTC(2026, 10, 28));
  expect(LASTS.filter((lasts) => expiryOf(lasts, now) === undefined)).toEqual(["ever"]);
});
