// Who may give which role, and when a day ends.
import { expect, it } from "vitest";
import { endOfDay, givableBy } from "./words";

it("lets nobody give more than they are", () => {
  expect(givableBy("owner")).toContain("owner");
  expect(givableBy("admin")).toEqual(["admin", "member", "viewer"]);
  expect([givableBy("member"), givableBy("viewer"), givableBy(undefined)]).toEqual([[], [], []]);
});

it("counts the last day in", () => {
  expect(endOfDay("2026-11-30")).toBe(new Date(2026, 11, 1).toISOString());
  expect([endOfDay(""), endOfDay("nonsense")]).toEqual([undefined, undefined]);
});
