// What keys, wheel and fingers ask for.
import { describe, expect, it, vi } from "vitest";
import { parseComparison, partnersOf, previous } from "./compare";
import { keySpan, listen, panned, scaledAround } from "./gestures";
import { livePreset, type Span } from "./range";

const span: Span = { from: 1_000, until: 2_000 };

function hours(count: number) {
  return livePreset({ from: 0, until: count * 3_600_000 });
}

describe("spans", () => {
  it("are scaled around an instant that stays where it is", () => {
    expect(scaledAround(span, 0.5, 1_200)).toEqual({ from: 1_100, until: 1_600 });
    expect(panned(span, 0.25)).toEqual({ from: 1_250, until: 2_250 });
  });
  it("follow the keys", () => {
    expect(keySpan("ArrowLeft", span)).toEqual({ from: 750, until: 1_750 });
    expect(keySpan("+", span)).toEqual({ from: 1_250, until: 1_750 });
    expect(keySpan("-", span)).toEqual({ from: 500, until: 2_500 });
    expect(keySpan("0", span)).toBe("live");
    expect(keySpan("a", span)).toBeUndefined();
  });
  it("go back to the preset that is most like them", () => {
    expect([hours(1), hours(40), hours(24 * 9), hours(24 * 400)]).toEqual(["24h", "24h", "7d", "90d"]);
  });
});

describe("comparisons", () => {
  const device = "0198f000-0000-7000-8000-000000000001";
  it("come from the URL, or not at all", () => {
    expect(parseComparison("previous")).toEqual({ with: "previous" });
    expect(parseComparison(`${device}/2`)).toEqual({ with: "device", device, endpoint: 2 });
    expect([parseComparison(undefined), parseComparison("x"), parseComparison(`${device}/`)]).toEqual([undefined, undefined, undefined]);
  });
  it("are with the time before, or with what can tell the same", () => {
    expect(previous(span)).toEqual({ from: 0, until: 1_000 });
    const plug = { id: device, endpoints: [{ endpoint: 1, capabilities: ["OnOff", "P"] }, { endpoint: 2, capabilities: ["P"] }] };
    const partners = partnersOf([plug] as never, { device, endpoint: 1 }, "P.ActivePower");
    expect(partners.map(({ id }) => id)).toEqual([`${device}/2`]);
  });
});

function place() {
  const host = document.createElement("div");
  let now = span;
  const commit = vi.fn();
  const stop = listen(host, { span: () => now, instantAt: (x) => 1_000 + x, width: () => 1_000, preview: (next) => { now = next; }, commit });
  return { host, commit, stop, shown: () => now };
}
function touch(host: HTMLElement, type: string, pointerId: number, clientX: number) {
  return host.dispatchEvent(Object.assign(new Event(type, { bubbles: true }), { pointerType: "touch", pointerId, clientX }));
}

describe("gestures", () => {
  it("leave a page's scrolling alone, and zoom with Ctrl", () => {
    vi.useFakeTimers();
    const { host, commit, stop, shown } = place();
    const wheel = (init: WheelEventInit) => host.dispatchEvent(Object.assign(new Event("wheel", { cancelable: true }), { clientX: 500, deltaX: 0, ...init }));
    expect(wheel({ deltaY: 240 })).toBe(true);
    expect(shown()).toEqual(span);
    expect(wheel({ deltaY: -240, ctrlKey: true })).toBe(false);
    expect(shown()).toEqual({ from: 1_250, until: 1_750 });
    expect(commit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(commit).toHaveBeenCalledExactlyOnceWith({ from: 1_250, until: 1_750 });
    stop();
    vi.useRealTimers();
  });
  it("walk with one finger and zoom with two", () => {
    const { host, commit, shown } = place();
    touch(host, "pointerdown", 1, 500);
    touch(host, "pointermove", 1, 400);
    expect(shown()).toEqual({ from: 1_100, until: 2_100 });
    touch(host, "pointerup", 1, 400);
    expect(commit).toHaveBeenCalledTimes(1);
    touch(host, "pointerdown", 1, 400);
    touch(host, "pointerdown", 2, 600);
    touch(host, "pointermove", 2, 800);
    expect(shown().until - shown().from).toBe(500);
    touch(host, "pointerup", 1, 400);
    touch(host, "pointerup", 2, 800);
    expect(commit).toHaveBeenCalledTimes(2);
  });
  it("take a tap for a tap", () => {
    const { host, commit } = place();
    touch(host, "pointerdown", 1, 500);
    touch(host, "pointermove", 1, 503);
    touch(host, "pointerup", 1, 503);
    expect(commit).not.toHaveBeenCalled();
  });
});
