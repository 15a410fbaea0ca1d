// Bytes in words: whole where they are whole, a fraction where it matters.
import { expect, it } from "vitest";
import { bytesText } from "./bytes";

function text(bytes: number): string {
  return bytesText(bytes, "en").replace("\u00a0", " ");
}

it("takes the unit that keeps numbers short", () => {
  expect([0, 1.734, 999, 1_000, 12_345, 7_654_321, 1.2e13].map(text)).toEqual(["0 byte", "1.73 byte", "999 byte", "1 kB", "12.3 kB", "7.65 MB", "12 TB"]);
  expect(bytesText(1_500, "de").replace("\u00a0", " ")).toBe("1,5 kB");
});
