// How readings become lines: their own times, gaps as gaps, estimated stretches apart, and other times laid over.
import { describe, expect, it } from "vitest";
import { conversion } from "../format/units";
import { columnsOf, type Drawn, drawnFor, drawnOf, extentOf, held, pointAt, shifted, withLive } from "./drawn";

const T0 = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;

function drawn(minutes: readonly number[], more: Partial<Drawn> = {}): Drawn {
  return { unit: "W", points: minutes.map((minute) => ({ time: T0 + minute * MINUTE, value: minute, estimated: false })), gaps: [], ...more };
}

const minutesOf = (seconds: readonly number[]) => seconds.map((at) => (at * 1_000 - T0) / MINUTE);

describe("drawnOf", () => {
  it("reads times in either form, and booleans as 0 and 1", () => {
    const at = new Date(T0).toISOString();
    const read = drawnOf({ points: [{ time: at, value: true, quality: "estimated" }, { time: T0 + 1, value: "x", quality: "late" }], gaps: [{ from: at, until: T0 + 5 }] });
    expect(read).toEqual({ unit: undefined, points: [{ time: T0, value: 1, estimated: true }], gaps: [{ from: T0, until: T0 + 5 }] });
  });
});

describe("drawnFor", () => {
  it("draws in the reader's unit, and leaves time and quality alone", () => {
    const celsius = drawn([0, 10], { unit: "degC" });
    expect(drawnFor(celsius, conversion("degC", "imperial"))).toEqual({ ...celsius, unit: "degF", points: celsius.points.map((point) => ({ ...point, value: point.value === 0 ? 32 : 50 })) });
    expect(drawnFor(celsius, conversion("degC", "metric"))).toEqual(celsius);
  });
});

describe("columnsOf", () => {
  it("draws each reading at its own time", () => {
    const [time, measured, estimated] = columnsOf(drawn([0, 1, 7]));
    expect([minutesOf(time), measured, estimated]).toEqual([[0, 1, 7], [0, 1, 7], [null, null, null]]);
  });
  it("breaks the line in a gap, and nowhere before the first or after the last reading", () => {
    const gaps = [[-9, 0], [1, 7], [8, 20]].map(([from = 0, until = 0]) => ({ from: T0 + from * MINUTE, until: T0 + until * MINUTE }));
    const [time, measured] = columnsOf(drawn([0, 1, 7, 8], { gaps }));
    expect([minutesOf(time), measured]).toEqual([[0, 1, 4, 7, 8], [0, 1, null, 7, 8]]);
  });
  it("keeps estimated stretches apart, joined to what was measured around them", () => {
    const points = [0, 1, 2, 3, 4].map((minute) => ({ time: T0 + minute * MINUTE, value: minute, estimated: minute > 0 && minute < 4 }));
    const [, measured, estimated] = columnsOf({ unit: "W", points, gaps: [] });
    expect(measured).toEqual([0, 1, null, 3, 4]);
    expect(estimated).toEqual([null, 1, 2, 3, null]);
  });
  it("gives uPlot rising times only", () => {
    expect(columnsOf(drawn([0, 0, 1]))[1]).toEqual([0, 1]);
  });
});

describe("withLive", () => {
  it("goes on with what came since, and ends the gap with it", () => {
    const gaps = [{ from: T0 + MINUTE, until: T0 + 20 * MINUTE }];
    const live = withLive(drawn([0, 1], { gaps }), [1, 9].map((minute) => ({ time: T0 + minute * MINUTE, value: 5, quality: "measured" })));
    expect(live.points.map(({ time }) => (time - T0) / MINUTE)).toEqual([0, 1, 9]);
    expect(live.gaps).toEqual([{ from: T0 + MINUTE, until: T0 + 9 * MINUTE }]);
  });
});

describe("held", () => {
  it("carries a set point in from before, and on to now", () => {
    const span = { from: T0, until: T0 + 60 * MINUTE };
    const line = held(drawn([20]), 18, span, T0 + 40 * MINUTE);
    expect(line.points.map(({ time, value }) => [(time - T0) / MINUTE, value])).toEqual([[0, 18], [20, 20], [40, 20]]);
    expect(held(drawn([]), undefined, span, T0).points).toEqual([]);
  });
});

describe("other times", () => {
  it("are laid over this one, gaps and all", () => {
    const before = shifted(drawn([0], { gaps: [{ from: T0, until: T0 + MINUTE }] }), 30 * MINUTE);
    expect(before.points[0]?.time).toBe(T0 + 30 * MINUTE);
    expect(before.gaps).toEqual([{ from: T0 + 30 * MINUTE, until: T0 + 31 * MINUTE }]);
  });
});

describe("pointAt", () => {
  it("is the nearest word, and none in a gap", () => {
    const line = drawn([0, 10, 30], { gaps: [{ from: T0 + 10 * MINUTE, until: T0 + 30 * MINUTE }] });
    const value = (minute: number) => pointAt(line, T0 + minute * MINUTE)?.value;
    expect([value(-5), value(4), value(6), value(20), value(30), value(99)]).toEqual([undefined, 0, 10, undefined, 30, 30]);
  });
  it("knows what lies between least and most", () => {
    expect(extentOf([drawn([3, 9]), drawn([1])])).toEqual({ lowest: 1, highest: 9 });
    expect(extentOf([drawn([])])).toBeUndefined();
  });
});
