// Spans as date-and-time fields hold them, in the home's zone, over a change of clocks too.
import { describe, expect, it } from "vitest";
import { localText, spanOfTexts } from "./local-span";

const BERLIN = "Europe/Berlin";

describe("spanOfTexts", () => {
  it("is in the home's zone", () => {
    const span = spanOfTexts({ from: "2026-10-24T15:00", until: "2026-10-25T10:00" }, BERLIN);
    // One hour more than the clocks show: that night they were put back.
    expect(span && span.until - span.from).toBe(20 * 3_600_000);
    expect(span && [localText(span.from, BERLIN), localText(span.until, BERLIN)]).toEqual(["2026-10-24T15:00", "2026-10-25T10:00"]);
  });
  it("is none where a field is empty or the end comes first", () => {
    expect(spanOfTexts({ from: "", until: "2026-10-25T10:00" }, BERLIN)).toBeUndefined();
    expect(spanOfTexts({ from: "2026-10-25T10:00", until: "2026-10-25T10:00" }, BERLIN)).toBeUndefined();
  });
});
