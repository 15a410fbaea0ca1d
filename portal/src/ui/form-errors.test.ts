// Where a problem document's errors land in a form.
import { describe, expect, it } from "vitest";
import { layErrors } from "./form-errors";

const problem = (...errors: { field: string; reason: string }[]) => ({ title: "Invalid", status: 422, detail: "", errors });
const has = (...names: string[]) => (name: string) => names.includes(name);

describe("layErrors", () => {
  it("finds a field by its pointer, with or without the leading slash", () => {
    const laid = layErrors(problem({ field: "/name", reason: "too long" }, { field: "email", reason: "no @" }), has("name", "email"));
    expect(laid.fields).toEqual([
      { name: "name", reason: "too long" },
      { name: "email", reason: "no @" },
    ]);
    expect(laid.rest).toEqual([]);
  });
  it("climbs to the nearest field that the form has", () => {
    expect(layErrors(problem({ field: "/endpoints/0/capabilities/2", reason: "unknown" }), has("endpoints")).fields).toEqual([
      { name: "endpoints", reason: "unknown" },
    ]);
  });
  it("keeps what no field shows", () => {
    expect(layErrors(problem({ field: "/tags/0", reason: "empty" }), has("name")).rest).toEqual(["/tags/0: empty"]);
  });
  it("reads escaped pointers", () => {
    expect(layErrors(problem({ field: "/a~1b", reason: "x" }), has("a/b")).fields).toEqual([{ name: "a/b", reason: "x" }]);
  });
});
