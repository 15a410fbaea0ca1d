// Wishes become one subscription, and frames become messages.
import { describe, expect, it } from "vitest";
import { covers, EVERYWHERE, parseMessage, subscribeQuery, union } from "./protocol";

describe("union", () => {
  it("adds places up, each once, in a fixed order", () => {
    const one = union([{ homes: ["b"], readings: true }, { devices: ["d"] }, { homes: ["a", "b"] }]);
    expect(one).toEqual({ homes: ["a", "b"], rooms: [], devices: ["d"], readings: true });
  });

  it("is everything as soon as one wish is", () => {
    expect(union([{ homes: ["a"] }, { readings: true }])).toEqual({ homes: [], rooms: [], devices: [], readings: true });
    expect(union([])).toEqual({ homes: [], rooms: [], devices: [], readings: false });
  });

  it("names an organisation only when all wishes share it", () => {
    expect(union([{ organisation: "o" }, { organisation: "o", homes: ["h"] }]).organisation).toBe("o");
    expect(union([{ organisation: "o" }, { homes: ["h"] }]).organisation).toBeUndefined();
    expect(union([{ organisation: "o" }, { organisation: "p" }]).organisation).toBeUndefined();
  });
});

describe("covers", () => {
  const home = union([{ homes: ["h"] }]);
  it("knows what is heard already", () => {
    expect(covers(union([]), home)).toBe(true);
    expect(covers(home, union([]))).toBe(false);
    expect(covers(union([{ homes: ["g", "h"] }]), home)).toBe(true);
    expect(covers(home, union([{ homes: ["h"], devices: ["d"] }]))).toBe(false);
    expect(covers(union([{ organisation: "o" }]), union([]))).toBe(false);
  });
});

describe("frames", () => {
  it("fills in lists that were left out, and drops what is no message", () => {
    expect(parseMessage('{"type":"events","cursor":"c"}')).toMatchObject({ type: "events", items: [], cursor: "c" });
    expect(parseMessage('{"type":"snapshot","last":true}')).toEqual({ type: "snapshot", devices: [], last: true });
    for (const text of ["", "null", "[]", '{"type":"later"}', "{"]) expect(parseMessage(text)).toBeUndefined();
  });

  it("writes a subscription as query parameters", () => {
    const query = subscribeQuery(union([{ homes: ["a", "b"], readings: true }]), "c/1");
    expect(query).toBe(`homes=a%2Cb&readings=true&events=true&everywhere=${EVERYWHERE.join("%2C")}&cursor=c%2F1`);
  });
});
