// What people choose is what is registered, and is known again.
import { describe, expect, it } from "vitest";
import { hasSecret, kindOf, KINDS, leadsBack, registrationOf } from "./kinds";

describe("kinds of programs", () => {
  it.each(KINDS)("%s is known again", (kind) => {
    expect(kindOf(registrationOf(kind))).toBe(kind);
  });
  it("give secrets to servers alone, and addresses to what people come back to", () => {
    expect(KINDS.filter((kind) => hasSecret(registrationOf(kind).token_endpoint_auth_method))).toEqual(["server", "service"]);
    expect(KINDS.filter(leadsBack)).toEqual(["server", "browser", "phone"]);
  });
});
