// Shapes the history of a state (on, locked, motion) into bands over time. A state holds until the next word of it,
// except while the device was away: then nobody knows.
import type { Value } from "../format/wording";
import type { History } from "./history";

export interface Band {
  from: number;
  until: number;
  /** Undefined where it is not known. */
  value: Value | undefined;
  estimated: boolean;
  /** It changed to and fro within; the band shows what it was mostly. */
  mixed: boolean;
}

export interface Away {
  from: number;
  until: number;
}

export interface Presence {
  at: number;
  isAway: boolean;
}

/** Times at which the device was away, from its presence events in any order. */
export function awaySpans(events: readonly Presence[], from: number, until: number): Away[] {
  const spans: Away[] = [];
  let since: number | undefined;
  for (const event of events.toSorted((a, b) => a.at - b.at)) {
    if (event.isAway) since ??= Math.max(event.at, from);
    else if (since !== undefined) {
      spans.push({ from: since, until: Math.min(event.at, until) });
      since = undefined;
    }
  }
  if (since !== undefined) spans.push({ from: since, until });
  return spans.filter((span) => span.until > span.from);
}

/** `before` is the last value from before the span; `away` must be in order. */
export function bandsOf(history: History, before: Value | undefined, away: readonly Away[], now: number): Band[] {
  const end = Math.min(history.until, now);
  const raw: Band[] = [];
  let value = before;
  let since = history.from;
  let estimated = false;
  const close = (at: number) => {
    if (at > since) raw.push({ from: since, until: at, value, estimated, mixed: false });
    since = Math.max(since, at);
  };
  for (const bucket of history.buckets) {
    const from = Math.max(bucket.from, history.from);
    const isMixed = bucket.first === bucket.last && bucket.min !== undefined && bucket.min !== bucket.max;
    if (bucket.first !== value || bucket.estimated !== estimated) {
      close(from);
      value = bucket.first;
      estimated = bucket.estimated;
    }
    if (isMixed) {
      close(from);
      const mostly = (bucket.mean ?? 0) >= 0.5;
      raw.push({ from, until: Math.min(bucket.until, end), value: mostly, estimated, mixed: true });
      since = Math.min(bucket.until, end);
    } else if (bucket.last !== value) {
      // When within the bucket it changed is not known; its middle is the smallest error.
      close((from + Math.min(bucket.until, end)) / 2);
      value = bucket.last;
    }
  }
  close(end);
  return joined(raw.flatMap((band) => without(band, away)));
}

function without(band: Band, away: readonly Away[]): Band[] {
  const parts: Band[] = [];
  let from = band.from;
  for (const span of away) {
    if (span.until <= from || span.from >= band.until) continue;
    if (span.from > from) parts.push({ ...band, from, until: span.from });
    const until = Math.min(span.until, band.until);
    parts.push({ from: Math.max(span.from, from), until, value: undefined, estimated: false, mixed: false });
    from = until;
  }
  if (from < band.until) parts.push({ ...band, from });
  return parts;
}

function joined(bands: readonly Band[]): Band[] {
  const out: Band[] = [];
  for (const band of bands) {
    const last = out.at(-1);
    const same =
      last !== undefined &&
      last.value === band.value &&
      last.estimated === band.estimated &&
      last.mixed === band.mixed &&
      last.until === band.from;
    if (same) out[out.length - 1] = { ...last, until: band.until };
    else out.push(band);
  }
  return out;
}

/** How long each value held, the longest first. */
export function shares(bands: readonly Band[]): { value: Value; ms: number }[] {
  const sums = new Map<Value, number>();
  for (const band of bands) {
    if (band.value !== undefined) sums.set(band.value, (sums.get(band.value) ?? 0) + band.until - band.from);
  }
  return [...sums].map(([value, ms]) => ({ value, ms })).toSorted((a, b) => b.ms - a.ms);
}

/** The same bands on the time of another span. */
export function shiftedBands(bands: readonly Band[], ms: number): Band[] {
  return ms === 0 ? [...bands] : bands.map((band) => ({ ...band, from: band.from + ms, until: band.until + ms }));
}

export interface BandPair {
  from: number;
  until: number;
  own: Band | undefined;
  other: Band | undefined;
}

/** Two states side by side: a stretch ends where either of them changes. Both in order; undefined where one says nothing. */
export function pairs(own: readonly Band[], others: readonly Band[]): BandPair[] {
  const edges = [...new Set([...own, ...others].flatMap(({ from, until }) => [from, until]))].toSorted((a, b) => a - b);
  const found: BandPair[] = [];
  let mine = 0;
  let theirs = 0;
  for (const [nth, until] of edges.entries()) {
    const from = edges[nth - 1];
    if (from === undefined) continue;
    while ((own[mine]?.until ?? Number.POSITIVE_INFINITY) <= from) mine += 1;
    while ((others[theirs]?.until ?? Number.POSITIVE_INFINITY) <= from) theirs += 1;
    const at = (band: Band | undefined) => (band !== undefined && band.from <= from ? band : undefined);
    const pair = { from, until, own: at(own[mine]), other: at(others[theirs]) };
    if (pair.own !== undefined || pair.other !== undefined) found.push(pair);
  }
  return found;
}
