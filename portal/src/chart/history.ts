// A device's history as the server gives it, in the portal's own form: buckets in order, instants as milliseconds.
import { type Instant, millis } from "../format/instant";
import type { Value } from "../format/wording";

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
}

export function historyOf(wire: WireHistory): History {
  return {
    unit: wire.unit ?? undefined,
    zone: wire.time_zone,
    from: millis(wire.from),
    until: millis(wire.until),
    expectedIntervalS: wire.expected_interval_s,
    buckets: wire.buckets.map(bucketOf).toSorted((a, b) => a.from - b.from),
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

/** Silence for longer than this is a gap and is drawn as one: no line may claim what nobody measured. */
export function gapMs(history: History): number {
  const width = history.buckets.reduce((widest, bucket) => Math.max(widest, bucket.until - bucket.from), 0);
  return Math.max(width, history.expectedIntervalS * 2_500);
}
