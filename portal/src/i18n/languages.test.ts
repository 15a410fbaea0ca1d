// Which language is chosen for whom.
import { describe, expect, it } from "vitest";
import { chooseLanguage } from "./languages";

describe("chooseLanguage", () => {
  it("keeps what was stored, whatever the browser wants", () => {
    expect(chooseLanguage("de", ["en-GB"])).toBe("de");
  });
  it("takes the first wanted language that there is", () => {
    expect(chooseLanguage(null, ["fr-FR", "de-AT", "en"])).toBe("de");
  });
  it("falls back to English, also for a stored language that there no longer is", () => {
    expect(chooseLanguage("tlh", ["fr"])).toBe("en");
  });
});
