// What somebody is asked for, by what they have: a passkey first.
import { describe, expect, it } from "vitest";
import { waysOf } from "./ways";

describe("waysOf", () => {
  it("asks for a passkey first, where there is one and the browser can", () => {
    const account = { has_password: true, totp: false, passkeys: 2 };
    expect(waysOf(account, true)).toEqual({ ways: ["passkey", "password"], code: false });
    expect(waysOf(account, false).ways).toEqual(["password"]);
  });
  it("asks for both password and code where codes are on", () => {
    expect(waysOf({ has_password: true, totp: true, passkeys: 0 }, true)).toEqual({ ways: ["password"], code: true });
  });
  it("asks nobody for a password who has none", () => {
    expect(waysOf({ has_password: false, totp: false, passkeys: 1 }, true).ways).toEqual(["passkey"]);
    expect(waysOf({ has_password: false, totp: true, passkeys: 1 }, true)).toEqual({ ways: ["passkey"], code: false });
  });
  it("asks for no code alone, which would be refused: signing in anew is what is left", () => {
    expect(waysOf({ has_password: false, totp: true, passkeys: 0 }, true).ways).toEqual([]);
    expect(waysOf({ has_password: false, totp: false, passkeys: 0 }, true).ways).toEqual([]);
  });
  it("asks for the password while nothing is known", () => {
    expect(waysOf(undefined, true)).toEqual({ ways: ["password"], code: false });
  });
});
