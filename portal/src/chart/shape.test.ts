// How history becomes lines, bars and bands: gaps stay gaps, and nothing is claimed that was not reported.
import { describe, expect, it } from "vitest";
import { awaySpans, type Band, bandsOf, pairs, shares, shiftedBands } from "./bands";
import { conversion } from "../format/units";
import { alongside, barColumns, barsFor, barsOf, sumBetween, total } from "./bars";
import { csvOf, fileName } from "./csv";
import { type Bucket, grown, type History, historyOf, withTail } from "./history";
import { valueRange } from "./lines";

const T0 = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;

function bucket(minute: number, more: Partial<Bucket> = {}): Bucket {
  const mean = more.mean ?? 20;
  return {
    from: T0 + minute * MINUTE, until: T0 + (minute + 5) * MINUTE, count: 5, min: mean - 1, max: mean + 1, mean,
    first: mean, last: mean, increase: undefined, estimated: false, late: false, ...more,
  };
}

function history(buckets: Bucket[], more: Partial<History> = {}): History {
  return { unit: "degC", zone: "Europe/Berlin", from: T0, until: T0 + 60 * MINUTE, expectedIntervalS: 60, buckets, gaps: [], ...more };
}

describe("historyOf", () => {
  it("reads times in either form and sorts", () => {
    const wire = { count: 1, first: 1, last: 1, estimated: false, late: false, min: null };
    const read = historyOf({
      unit: null, time_zone: "UTC", from: new Date(T0).toISOString(), until: T0 + 10 * MINUTE, expected_interval_s: 60, gaps: [],
      buckets: [
        { ...wire, from: T0 + 5 * MINUTE, until: T0 + 10 * MINUTE },
        { ...wire, from: new Date(T0).toISOString(), until: T0 + 5 * MINUTE },
      ],
    });
    expect(read.buckets.map((one) => one.from)).toEqual([T0, T0 + 5 * MINUTE]);
    expect(read).toMatchObject({ from: T0, unit: undefined });
    expect(read.buckets[0]?.min).toBeUndefined();
  });
});

function live(minute: number, value: number | boolean) {
  return { value, time: T0 + minute * MINUTE, quality: "measured" };
}

describe("valueRange", () => {
  it("leaves air, and stays within what can be", () => {
    expect(valueRange(20, 30, "degC")).toEqual([18.8, 31.2]);
    expect(valueRange(0, 200, "W")).toEqual([0, 224]);
    expect(valueRange(-5, 5, "degC")[0]).toBeLessThan(-5);
    expect(valueRange(90, 99, "%")[1]).toBe(100);
  });
  it("shows a value that never changed in the middle, and nothing as nothing", () => {
    const [low, high] = valueRange(85, 85, "K");
    expect([85 - low, high - 85]).toEqual([high - 85, 85 - low]);
    expect(low).toBeLessThan(85);
    expect(valueRange(null, null, "W")).toEqual([0, 1]);
  });
});

describe("withTail", () => {
  it("adds what came live since, and nothing twice", () => {
    const grownOn = withTail(history([bucket(0)]), [live(3, 99), live(6, 21), live(7, 22)]);
    expect(grownOn.buckets.map(({ mean }) => mean)).toEqual([20, 21, 22]);
    expect(withTail(history([bucket(0)]), [live(3, 99)]).buckets).toHaveLength(1);
  });
  it("shows states and the end of a span that is past", () => {
    const states = withTail(history([], { until: T0 + 10 * MINUTE }), [live(12, true)]);
    expect(states.until).toBe(T0 + 12 * MINUTE);
    expect(states.buckets[0]).toMatchObject({ first: true, last: true, mean: 1 });
  });
});

describe("grown", () => {
  it("lets the open step grow with the counter, and leaves what is over", () => {
    const counter = history([bucket(0, { increase: 5, last: 100 })]);
    const at = (minute: number, value: number) => grown(counter, { value, time: T0 + minute * MINUTE }).buckets[0]?.increase;
    expect([at(3, 102), at(3, 90), at(6, 102)]).toEqual([7, 5, 5]);
    expect(grown(counter, undefined)).toBe(counter);
  });
});

describe("barsOf", () => {
  const hours = history([bucket(0, { increase: 400 }), bucket(5, { increase: 0 }), bucket(20, { increase: 100, estimated: true })]);

  it("has a bar for nought, and none for what is not known", () => {
    const bars = barsOf(hours, T0 + 22 * MINUTE);
    expect(bars.map((bar) => bar.value)).toEqual([400, 0, 100]);
    expect(bars.map((bar) => bar.open)).toEqual([false, false, true]);
    expect(total(bars)).toBe(500);
    expect(barsOf(history([bucket(0)]), T0)).toEqual([]);
  });
  it("lays another time over the bars, and knows nothing where there was nothing", () => {
    const bars = barsOf(hours, T0);
    const before = bars.slice(0, 2).map((bar) => ({ ...bar, from: bar.from - 90 * MINUTE, until: bar.until - 90 * MINUTE, value: bar.value + 1 }));
    expect(alongside(bars, before, 90 * MINUTE)).toEqual([401, 1, undefined]);
  });
  it("sums to the same in any unit", () => {
    const gallons = conversion("L", "imperial");
    const bars = barsOf(hours, T0);
    expect(total(barsFor(bars, gallons))).toBeCloseTo(gallons.of(total(bars)), 9);
  });
  it("keeps estimated bars apart", () => {
    expect(barColumns(barsOf(hours, T0))).toMatchObject({ measured: [400, 0, null], estimated: [null, null, 100] });
  });
  it("sums whole bars, and does not take silence for nought", () => {
    const bars = barsOf(hours, T0);
    expect(sumBetween(bars, T0, T0 + 10 * MINUTE)).toBe(400);
    expect(sumBetween(bars, T0 + 30 * MINUTE, T0 + 60 * MINUTE)).toBeUndefined();
  });
});

function on(minute: number, more: Partial<Bucket> = {}): Bucket {
  return bucket(minute, { first: true, last: true, min: 1, max: 1, mean: 1, ...more });
}

function minutes(list: { from: number; until: number; value: unknown }[]): unknown[][] {
  return list.map((band) => [(band.from - T0) / MINUTE, (band.until - T0) / MINUTE, band.value]);
}

describe("bandsOf", () => {
  it("lets a state hold until the next word of it", () => {
    const off = on(30, { first: true, last: false, min: 0 });
    const bands = bandsOf(history([on(10), off]), false, [], T0 + 60 * MINUTE);
    expect(minutes(bands)).toEqual([[0, 10, false], [10, 32.5, true], [32.5, 60, false]]);
  });
  it("ends at now, not at the end of the chart", () => {
    expect(minutes(bandsOf(history([]), "Locked", [], T0 + 20 * MINUTE))).toEqual([[0, 20, "Locked"]]);
  });
  it("does not know before the first word, nor while the device was away", () => {
    const bands = bandsOf(history([on(10)]), undefined, [{ from: T0 + 20 * MINUTE, until: T0 + 30 * MINUTE }], T0 + 60 * MINUTE);
    expect(minutes(bands)).toEqual([[0, 10, undefined], [10, 20, true], [20, 30, undefined], [30, 60, true]]);
  });
  it("says when it went to and fro within a bucket", () => {
    const blink = on(10, { first: false, last: false, min: 0, max: 1, mean: 0.2 });
    const bands = bandsOf(history([blink]), false, [], T0 + 60 * MINUTE);
    expect(minutes(bands)).toEqual([[0, 10, false], [10, 15, false], [15, 60, false]]);
    expect(bands.map((band) => band.mixed)).toEqual([false, true, false]);
  });
  it("joins equal neighbours and counts how long each held", () => {
    const bands = bandsOf(history([on(0), on(5), on(10)]), true, [], T0 + 60 * MINUTE);
    expect(bands).toHaveLength(1);
    expect(shares(bands)).toEqual([{ value: true, ms: 60 * MINUTE }]);
  });
});

describe("awaySpans", () => {
  it("reads presence events in any order, and one that is still away", () => {
    const at = (minute: number, isAway: boolean) => ({ at: T0 + minute * MINUTE, isAway });
    const spans = awaySpans([at(50, true), at(10, true), at(20, false), at(12, true)], T0, T0 + 60 * MINUTE);
    expect(spans).toEqual([
      { from: T0 + 10 * MINUTE, until: T0 + 20 * MINUTE },
      { from: T0 + 50 * MINUTE, until: T0 + 60 * MINUTE },
    ]);
    expect(awaySpans([at(-5, true), at(5, false)], T0, T0 + 60 * MINUTE)).toEqual([{ from: T0, until: T0 + 5 * MINUTE }]);
  });
});

describe("csvOf", () => {
  it("writes what any tool reads, and no formulas", () => {
    const text = csvOf(history([bucket(0, { first: '=cmd,"x"', last: "ok", increase: 287.6530000000057 })]));
    const [heading, line, rest] = text.split("\r\n");
    expect(heading).toBe("from,until,count,min,max,mean,first,last,increase,estimated,late,unit");
    expect(line).toBe(`2026-11-21T00:00:00.000Z,2026-11-21T00:05:00.000Z,5,19,21,20,"'=cmd,""x""",ok,287.653,false,false,degC`);
    expect(rest).toBe("");
  });
  it("names its file for the device", () => {
    expect(fileName("Küche / Plug 2", "ElectricalPowerMeasurement.ActivePower", "2026-11-21")).toBe(
      "ku-che-plug-2-activepower-2026-11-21.csv",
    );
    expect(fileName("照明", "A.B", "2026-11-21")).toBe("b-2026-11-21.csv");
  });
});

function held(from: number, until: number, value: string): Band {
  return { from, until, value, estimated: false, mixed: false };
}

describe("pairs", () => {
  it("ends a stretch where either state changes, and knows where one says nothing", () => {
    const own = [held(0, 10, "Locked"), held(10, 30, "Unlocked")];
    const others = shiftedBands([held(-95, -80, "Locked"), held(-80, -60, "Unlocked")], 100);
    expect(pairs(own, others).map(({ from, until, own: mine, other }) => [from, until, mine?.value, other?.value])).toEqual([
      [0, 5, "Locked", undefined],
      [5, 10, "Locked", "Locked"],
      [10, 20, "Unlocked", "Locked"],
      [20, 30, "Unlocked", "Unlocked"],
      [30, 40, undefined, "Unlocked"],
    ]);
    expect(pairs([], [])).toEqual([]);
  });
});
