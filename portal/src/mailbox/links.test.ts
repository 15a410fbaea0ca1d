// Links of a mail are found whole, and nothing of the text is lost.
import { expect, it } from "vitest";
import { piecesOf } from "./links";

it("takes a text apart at its links", () => {
  const text = "Open http://localhost:8080/verify-email#token=a-B_c. Or (https://lares.example/x?y=1) not.";
  const pieces = piecesOf(text);
  expect(pieces.filter(({ link }) => link).map((piece) => piece.text)).toEqual(["http://localhost:8080/verify-email#token=a-B_c", "https://lares.example/x?y=1"]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(piecesOf("none")).toEqual([{ text: "none", link: false }]);
});
