// The steps of signing in, as the server's answers lead through them.
import { describe, expect, it } from "vitest";
import { NoAnswer, ProblemError, SECOND_FACTOR } from "../api/problem";
import { refusalOf, stepAfter, tidyCode } from "./steps";

const refused = (status: number, type = "about:blank") => new ProblemError({ type, title: "", status, detail: "" });
const more = refused(401, SECOND_FACTOR);

describe("signing in", () => {
  it("asks for a code after the right password, and calls that no refusal", () => {
    expect(stepAfter("password", more)).toBe("code");
    expect(refusalOf("password", more)).toBeUndefined();
  });
  it("stays with the password when that is wrong, and when the server cannot say", () => {
    expect(stepAfter("password", refused(401))).toBe("password");
    expect(refusalOf("password", refused(401))).toBe("wrong");
    expect(stepAfter("password", new NoAnswer())).toBe("password");
    expect(refusalOf("password", new NoAnswer())).toBe("other");
  });
  it("stays with the code when that is wrong, however the server says it", () => {
    for (const step of ["code", "recovery"] as const) {
      expect([stepAfter(step, more), refusalOf(step, more)]).toEqual([step, "wrongCode"]);
      expect(refusalOf(step, refused(401))).toBe("wrongCode");
    }
  });
  it("tells too many tries from wrong ones", () => {
    expect(refusalOf("password", refused(429))).toBe("often");
    expect(refusalOf("code", refused(429))).toBe("often");
  });
  it("has nothing to say before anything was tried", () => {
    expect(refusalOf("password", null)).toBeUndefined();
  });
});

describe("tidyCode", () => {
  it("takes codes in groups", () => {
    expect([tidyCode("123 456"), tidyCode(" ab12-cd34 ")]).toEqual(["123456", "ab12cd34"]);
  });
});
