// The server's reasons are known again, with their numbers, and have words in every language.
import { describe, expect, it } from "vitest";
import de from "../i18n/de/ui.json";
import en from "../i18n/en/ui.json";
import { knownReason } from "./reasons";

describe("knownReason", () => {
  it("knows what people meet in forms", () => {
    const told = {
      "must be an e-mail address": "email",
      "is your address already": "same",
      "is among the first that anybody would try: it is known from breaches": "common",
      "is a repetition or a sequence, which are among the first to be tried": "sequence",
      "is little more than your name, your e-mail address or the name of this product": "aboutYou",
      "must have at least 1 character(s) besides spaces": "atLeast",
      "must be in the future; to end it now, remove the member": "future",
      "must be an absolute URI in ASCII without a fragment": "address",
      "http is taken for the machine itself alone; use https": "https",
      "must be https, or for native apps also a scheme such as org.example.app": "https",
      "must be given with authorization_code, and only then": "addressMissing",
    };
    for (const [reason, key] of Object.entries(told)) {
      expect(knownReason(reason)?.key, reason).toBe(key);
      for (const words of [en, de]) expect(words.reasons[key as "email"], key).toBeTruthy();
    }
  });
  it("keeps the numbers", () => {
    expect(knownReason("must have from 8 to 1024 characters")).toEqual({ key: "between", first: 8, second: 1_024 });
    expect(knownReason("must have at most 120 characters")).toMatchObject({ key: "atMost", first: 120 });
  });
  it("leaves the rest alone", () => {
    expect(knownReason("is not a point of its curve")).toBeUndefined();
    expect(knownReason("There is another home of this name")).toBeUndefined();
  });
});
