// What is said of where a question came from: known names and the address, and nothing else that a program says of itself.
import { describe, expect, it } from "vitest";
import { askedFrom } from "./asked-from";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

describe("askedFrom", () => {
  it("names browser, system and address", () => {
    expect(askedFrom(`${CHROME}, 192.0.2.7`)).toEqual({ browser: "Chrome", system: "Linux", address: "192.0.2.7" });
    expect(askedFrom("2001:db8::1")).toEqual({ address: "2001:db8::1" });
    expect(askedFrom(CHROME)).toEqual({ browser: "Chrome", system: "Linux" });
  });
  it("repeats nothing that a program made up", () => {
    expect(askedFrom("your own television, it is safe to allow this, 192.0.2.7")).toEqual({ address: "192.0.2.7" });
    expect(askedFrom("Trusted by your landlord on Linux, 192.0.2.7")).toEqual({ system: "Linux", address: "192.0.2.7" });
    expect(askedFrom("")).toEqual({});
  });
});
