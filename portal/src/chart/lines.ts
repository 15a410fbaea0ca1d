// Shapes buckets of a measurement into the columns of a line chart: a mean with its band, gaps as gaps, and estimated
// stretches on their own so that they can be drawn dashed.
import { type Bucket, gapMs, type History } from "./history";

export type Column = (number | null)[];

export interface LineColumns {
  /** Seconds, as uPlot counts. */
  time: number[];
  min: Column;
  max: Column;
  measured: Column;
  estimated: Column;
}

function emptyColumns(): LineColumns {
  return { time: [], min: [], max: [], measured: [], estimated: [] };
}

function push(columns: LineColumns, at: number, values: [number, number, number | null, number | null] | null): void {
  const [min, max, measured, estimated] = values ?? [null, null, null, null];
  columns.time.push(at / 1_000);
  columns.min.push(min);
  columns.max.push(max);
  columns.measured.push(measured);
  columns.estimated.push(estimated);
}

function middle(bucket: Bucket): number {
  return (bucket.from + bucket.until) / 2;
}

/** A measurement: silence is a gap. */
export function lineColumns(history: History): LineColumns {
  const columns = emptyColumns();
  const gap = gapMs(history);
  const numeric = history.buckets.filter((bucket) => bucket.mean !== undefined);
  for (const [index, bucket] of numeric.entries()) {
    const before = numeric[index - 1];
    if (before !== undefined && bucket.from - before.until > gap) push(columns, (before.until + bucket.from) / 2, null);
    const mean = bucket.mean ?? 0;
    const after = numeric[index + 1];
    // Where quality changes, the point belongs to both lines, or a hole would look like a gap.
    const touchesMeasured = before?.estimated === false || after?.estimated === false;
    push(columns, middle(bucket), [
      bucket.min ?? mean,
      bucket.max ?? mean,
      bucket.estimated && !touchesMeasured ? null : mean,
      bucket.estimated ? mean : null,
    ]);
  }
  return columns;
}

/**
 * A set point or level that is told only when it changes: it holds until the next word, so there are no gaps, and the
 * value from before the span is carried in.
 */
export function stepColumns(history: History, before: number | undefined, now: number): LineColumns {
  const columns = emptyColumns();
  let value = before;
  const point = (at: number, estimated: boolean) => {
    if (value !== undefined) push(columns, at, [value, value, estimated ? null : value, estimated ? value : null]);
  };
  point(history.from, false);
  for (const bucket of history.buckets) {
    if (typeof bucket.first !== "number" || typeof bucket.last !== "number") continue;
    value = bucket.first;
    point(Math.max(bucket.from, history.from), bucket.estimated);
    value = bucket.last;
    point(bucket.until, bucket.estimated);
  }
  point(Math.min(history.until, now), false);
  return sorted(columns);
}

/** uPlot asks for rising times; the edges of buckets may touch. */
function sorted(columns: LineColumns): LineColumns {
  const out = emptyColumns();
  const order = columns.time.map((_, index) => index).toSorted((a, b) => (columns.time[a] ?? 0) - (columns.time[b] ?? 0));
  for (const index of order) {
    const at = columns.time[index];
    if (at === undefined || at === out.time.at(-1)) continue;
    const value = (column: Column) => column[index] ?? null;
    out.time.push(at);
    out.min.push(value(columns.min));
    out.max.push(value(columns.max));
    out.measured.push(value(columns.measured));
    out.estimated.push(value(columns.estimated));
  }
  return out;
}

export interface Extent {
  lowest: number;
  highest: number;
}

export function extentOf(columns: LineColumns): Extent | undefined {
  let extent: Extent | undefined;
  for (const [index, low] of columns.min.entries()) {
    const high = columns.max[index];
    if (low === null || high === null || high === undefined) continue;
    extent =
      extent === undefined
        ? { lowest: low, highest: high }
        : { lowest: Math.min(extent.lowest, low), highest: Math.max(extent.highest, high) };
  }
  return extent;
}

/** The value axis: a little air around what is shown, no further than the unit goes. */
export function valueRange(lowest: number | null, highest: number | null, unit: string): [number, number] {
  if (lowest === null || highest === null) return [0, 1];
  const air = Math.max((highest - lowest) * 0.12, Math.abs(highest) * 0.02, 0.5);
  const floor = lowest >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  const ceiling = unit === "%" ? Math.max(100, highest) : Number.POSITIVE_INFINITY;
  return [Math.max(lowest - air, floor), Math.min(highest + air, ceiling)];
}
