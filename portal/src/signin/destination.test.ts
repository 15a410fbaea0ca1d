// No link may lead a person who signs in to another site.
import { describe, expect, it } from "vitest";
import { destination } from "./destination";

describe("destination", () => {
  it("goes back to a page of the portal, with its filters", () => {
    expect(destination("/devices?status=offline")).toBe("/devices?status=offline");
  });
  it.each(["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/signin?to=/signin", "/signup", undefined])(
    "goes to Today for %s",
    (to) => {
      expect(destination(to)).toBe("/");
    },
  );
});
