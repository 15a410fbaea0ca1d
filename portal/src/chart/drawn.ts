// A series as it is drawn: few of its readings, which make the same line as all of them, and the gaps between them.
import { type Instant, millis } from "../format/instant";
import type { Conversion } from "../format/units";
import { type History, type LivePoint } from "./history";
import type { Span } from "./range";

export interface DrawnPoint {
  time: number;
  value: number;
  estimated: boolean;
}

export interface Drawn {
  unit: string | undefined;
  points: DrawnPoint[];
  gaps: Span[];
}

export interface WireChart {
  unit?: string | null;
  points: { time: Instant; value: boolean | number | string; quality: string }[];
  gaps: { from: Instant; until: Instant }[];
}

export function drawnOf(wire: WireChart): Drawn {
  const points = wire.points.flatMap(({ time, value, quality }) =>
    typeof value === "string" ? [] : [{ time: millis(time), value: Number(value), estimated: quality === "estimated" }],
  );
  return { unit: wire.unit ?? undefined, points, gaps: wire.gaps.map(({ from, until }) => ({ from: millis(from), until: millis(until) })) };
}

/** Where only what was summed up is known, the mean stands for each bucket. */
export function drawnOfHistory(history: History): Drawn {
  const points = history.buckets.flatMap(({ from, until, mean, estimated }) =>
    mean === undefined ? [] : [{ time: (from + until) / 2, value: mean, estimated }],
  );
  return { unit: history.unit, points, gaps: history.gaps };
}

/** In the units of whoever looks, so that the axis is marked at their round numbers. */
export function drawnFor(drawn: Drawn, { unit, of }: Conversion): Drawn {
  return { ...drawn, unit, points: drawn.points.map((point) => ({ ...point, value: of(point.value) })) };
}

/** With what has come live since; the last gap ends with its first word. */
export function withLive(drawn: Drawn, tail: readonly LivePoint[]): Drawn {
  const end = drawn.points.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  const newer = tail.flatMap(({ time, value, quality }) =>
    time > end && typeof value !== "string" ? [{ time, value: Number(value), estimated: quality === "estimated" }] : [],
  );
  const first = newer[0];
  if (first === undefined) return drawn;
  const gaps = drawn.gaps.map((gap) => (gap.until > first.time && gap.from < first.time ? { ...gap, until: first.time } : gap));
  return { ...drawn, points: [...drawn.points, ...newer], gaps };
}

/** Another time laid over this one. */
export function shifted(drawn: Drawn, ms: number): Drawn {
  if (ms === 0) return drawn;
  return {
    ...drawn,
    points: drawn.points.map((point) => ({ ...point, time: point.time + ms })),
    gaps: drawn.gaps.map(({ from, until }) => ({ from: from + ms, until: until + ms })),
  };
}

/** A value that is told when it changes: it held before the first word, and holds until now. */
export function held(drawn: Drawn, before: number | undefined, span: Span, now: number): Drawn {
  const points = before === undefined ? [...drawn.points] : [{ time: span.from, value: before, estimated: false }, ...drawn.points];
  const last = points.at(-1);
  const end = Math.min(span.until, now);
  if (last !== undefined && last.time < end) points.push({ ...last, time: end });
  return { ...drawn, points };
}

/** Seconds, as uPlot counts; then what was measured and what was estimated, with nothing where there is a gap. */
export type Columns = [number[], (number | null)[], (number | null)[]];

export function columnsOf({ points, gaps }: Drawn): Columns {
  const columns: Columns = [[], [], []];
  const push = (time: number, measured: number | null, estimated: number | null) => {
    // uPlot asks for rising times.
    if (time / 1_000 <= (columns[0].at(-1) ?? Number.NEGATIVE_INFINITY)) return;
    columns[0].push(time / 1_000);
    columns[1].push(measured);
    columns[2].push(estimated);
  };
  let nextGap = 0;
  for (const [index, { time, value, estimated }] of points.entries()) {
    const before = points[index - 1];
    while ((gaps[nextGap]?.until ?? Number.POSITIVE_INFINITY) <= time) {
      const gap = gaps[nextGap];
      if (gap !== undefined && before !== undefined && gap.from >= before.time) push((gap.from + gap.until) / 2, null, null);
      nextGap += 1;
    }
    // Where quality changes, the point belongs to both lines, or a hole would look like a gap.
    const touchesMeasured = before?.estimated === false || points[index + 1]?.estimated === false;
    push(time, estimated && !touchesMeasured ? null : value, estimated ? value : null);
  }
  return columns;
}

export interface Extent {
  lowest: number;
  highest: number;
}

export function extentOf(all: readonly Drawn[]): Extent | undefined {
  let extent: Extent | undefined;
  for (const { value } of all.flatMap(({ points }) => points)) {
    extent = extent === undefined ? { lowest: value, highest: value } : { lowest: Math.min(extent.lowest, value), highest: Math.max(extent.highest, value) };
  }
  return extent;
}

/** What was last said at an instant; undefined in a gap and before the first word. */
export function pointAt({ points, gaps }: Drawn, time: number): DrawnPoint | undefined {
  if (gaps.some((gap) => gap.from < time && time < gap.until)) return undefined;
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.time ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[low - 1], points[low]];
  if (before === undefined || after === undefined) return before;
  return time - before.time <= after.time - time ? before : after;
}
