// A code is the same code however it is typed.
import { expect, it } from "vitest";
import { shownUserCode, tidyUserCode } from "./user-code";

it("takes codes as people type them, and shows them as devices do", () => {
  for (const typed of ["wdjb-mjht", " WDJB MJHT", "wdjbmjht"]) expect([tidyUserCode(typed), shownUserCode(typed)]).toEqual(["WDJBMJHT", "WDJB-MJHT"]);
  expect(shownUserCode("abc")).toBe("ABC");
});
