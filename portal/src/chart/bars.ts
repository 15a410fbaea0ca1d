// Shapes a counter's buckets into bars of what it rose by in each hour or day. A step without readings has no bar: it
// is not known to be nought.
import type { Conversion } from "../format/units";
import type { History } from "./history";

export interface Bar {
  from: number;
  until: number;
  value: number;
  estimated: boolean;
  /** The step is not over yet, so the bar still grows. */
  open: boolean;
}

export function barsOf(history: History, now: number): Bar[] {
  return history.buckets.flatMap(({ from, until, increase, estimated }) =>
    increase === undefined ? [] : [{ from, until, value: increase, estimated, open: until > now }],
  );
}

/** In the unit of whoever looks. */
export function barsFor(bars: readonly Bar[], { of }: Conversion): Bar[] {
  return bars.map((bar) => ({ ...bar, value: of(bar.value) }));
}

export function total(bars: readonly Bar[]): number {
  return bars.reduce((sum, bar) => sum + bar.value, 0);
}

/** What the counter rose by in a span of whole bars; undefined when nothing is known of it. */
export function sumBetween(bars: readonly Bar[], from: number, until: number): number | undefined {
  const inside = bars.filter((bar) => bar.from >= from && bar.from < until);
  return inside.length === 0 ? undefined : total(inside);
}

export interface BarColumns {
  /** Seconds, at the middle of each bar. */
  time: number[];
  measured: (number | null)[];
  estimated: (number | null)[];
}

export function barColumns(bars: readonly Bar[]): BarColumns {
  return {
    time: bars.map((bar) => (bar.from + bar.until) / 2_000),
    measured: bars.map((bar) => (bar.estimated ? null : bar.value)),
    estimated: bars.map((bar) => (bar.estimated ? bar.value : null)),
  };
}

/** What else rose in the time of each bar, laid over by a shift; undefined where that is not known. */
export function alongside(bars: readonly Bar[], others: readonly Bar[], shiftMs: number): (number | undefined)[] {
  return bars.map(({ from, until }) => {
    const inside = others.filter((other) => {
      const middle = (other.from + other.until) / 2 + shiftMs;
      return middle >= from && middle < until;
    });
    return inside.length === 0 ? undefined : total(inside);
  });
}
