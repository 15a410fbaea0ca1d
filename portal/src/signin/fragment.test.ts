// The secret of a link is found behind the #, and an invitation waits for who has to sign in first.
import { describe, expect, it } from "vitest";
import { dropInvitation, keepInvitation, keptInvitation, tokenOf } from "./fragment";

describe("tokenOf", () => {
  it("finds the token", () => {
    expect(tokenOf("#token=ab_C-1")).toBe("ab_C-1");
  });
  it.each(["", "#", "#token=", "#tok=x", "token"])("finds none in %s", (hash) => {
    expect(tokenOf(hash)).toBeUndefined();
  });
});

describe("an invitation", () => {
  it("waits in this tab until it is accepted", () => {
    keepInvitation("secret");
    expect(keptInvitation()).toBe("secret");
    dropInvitation();
    expect(keptInvitation()).toBeUndefined();
  });
});
