// Nobody is asked to allow what they cannot read: every scope has its words in every language.
import { describe, expect, it } from "vitest";
import de from "../i18n/de/oauth.json";
import en from "../i18n/en/oauth.json";
import { inOrder, isGrave, SCOPES, TOKEN_SCOPES } from "./scopes";

describe.each([
  ["en", en],
  ["de", de],
] as const)("scopes in %s", (_language, { scopes }) => {
  it.each(SCOPES)("%s has a name, and what it means", (scope) => {
    expect(scopes[scope].name.length).toBeGreaterThan(3);
    expect(scopes[scope].what.length).toBeGreaterThan(10);
  });
  it("has words for no scope that there is not", () => {
    expect(Object.keys(scopes).toSorted()).toEqual([...SCOPES].toSorted());
  });
});

describe("inOrder", () => {
  it("puts them as people weigh them, each once, and loses none that it does not know", () => {
    expect(inOrder(["future:thing", "doors:unlock", "openid", "doors:unlock"])).toEqual(["openid", "doors:unlock", "future:thing"]);
  });
});

it("marks what one should think about twice", () => {
  expect(TOKEN_SCOPES.filter(isGrave)).toEqual(["doors:unlock", "homes:manage", "account:manage"]);
});
