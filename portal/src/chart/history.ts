// A device's history as the server gives it, in the portal's own form: buckets in order, instants as milliseconds.
import { type Instant, millis } from "../format/instant";
import type { Value } from "../format/wording";
import type { Span } from "./range";

export interface Bucket {
  from: number;
  until: number;
  count: number;
  min: number | undefined;
  max: number | undefined;
  mean: number | undefined;
  first: Value;
  last: Value;
  /** How much a counter rose within the bucket. */
  increase: number | undefined;
  estimated: boolean;
  late: boolean;
}

export interface History {
  unit: string | undefined;
  zone: string;
  from: number;
  until: number;
  expectedIntervalS: number;
  buckets: Bucket[];
  gaps: Span[];
}

interface WireBucket {
  from: Instant;
  until: Instant;
  count: number;
  min?: number | null;
  max?: number | null;
  mean?: number | null;
  first: Value;
  last: Value;
  increase?: number | null;
  estimated: boolean;
  late: boolean;
}

export interface WireHistory {
  unit?: string | null;
  time_zone: string;
  from: Instant;
  until: Instant;
  expected_interval_s: number;
  buckets: WireBucket[];
  gaps: { from: Instant; until: Instant }[];
}

export function historyOf(wire: WireHistory): History {
  return {
    unit: wire.unit ?? undefined,
    zone: wire.time_zone,
    from: millis(wire.from),
    until: millis(wire.until),
    expectedIntervalS: wire.expected_interval_s,
    buckets: wire.buckets.map(bucketOf).toSorted((a, b) => a.from - b.from),
    gaps: wire.gaps.map(({ from, until }) => ({ from: millis(from), until: millis(until) })),
  };
}

function bucketOf(wire: WireBucket): Bucket {
  return {
    ...wire,
    from: millis(wire.from),
    until: millis(wire.until),
    min: wire.min ?? undefined,
    max: wire.max ?? undefined,
    mean: wire.mean ?? undefined,
    increase: wire.increase ?? undefined,
  };
}

/** A value that came live since the history was asked for. */
export interface LivePoint {
  value: Value;
  time: number;
  quality: string;
}

/** The history with what has come live since, each value a bucket of its own. */
export function withTail(history: History, tail: readonly LivePoint[]): History {
  const end = history.buckets.at(-1)?.until ?? history.from;
  const newer = tail.filter((point) => point.time >= end).map(pointBucket);
  if (newer.length === 0) return history;
  const until = Math.max(history.until, newer.at(-1)?.until ?? 0);
  return { ...history, until, buckets: [...history.buckets, ...newer.toSorted((a, b) => a.from - b.from)] };
}

function pointBucket({ value, time, quality }: LivePoint): Bucket {
  const number = typeof value === "string" ? undefined : Number(value);
  return {
    from: time, until: time, count: 1, min: number, max: number, mean: number,
    first: value, last: value, increase: undefined, estimated: quality === "estimated", late: false,
  };
}

/** A counter comes live and only rises: the step that is not over yet grows with it. */
export function grown(history: History, live: Pick<LivePoint, "value" | "time"> | undefined): History {
  const bucket = history.buckets.at(-1);
  if (live === undefined || bucket?.increase === undefined) return history;
  if (typeof live.value !== "number" || typeof bucket.last !== "number") return history;
  const rise = live.value - bucket.last;
  if (rise <= 0 || live.time < bucket.from || live.time >= bucket.until) return history;
  const now = { ...bucket, increase: bucket.increase + rise, last: live.value };
  return { ...history, buckets: [...history.buckets.slice(0, -1), now] };
}
