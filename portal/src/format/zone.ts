// Calendar days in a home's time zone, counted with the zone's own rules, so that a day of 23 hours has 23 hours.

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}

export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

export function wallTime(at: number, zone: string): WallTime {
  const wall = new Date(at + offsetMs(at, zone));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate(), hour: wall.getUTCHours(), minute: wall.getUTCMinutes() };
}

function askedWallTime(at: number, zone: string): WallTime {
  const parts = new Map(partsFormat(zone).formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

/** How far ahead a zone is on a day of UTC that begins and ends alike; undefined on a day on which clocks are changed. */
const steady = new Map<string, number | undefined>();
/** A list of events asks about a few days many times; a year of a chart's days is no reason to keep them. */
const MOST_STEADY = 1_000;

/** How far the zone's clocks are ahead of UTC at this instant, in milliseconds. */
export function offsetMs(at: number, zone: string): number {
  const day = Math.floor(at / DAY);
  const key = `${zone} ${day}`;
  if (!steady.has(key)) {
    if (steady.size >= MOST_STEADY) steady.clear();
    const first = askedOffsetMs(day * DAY, zone);
    steady.set(key, first === askedOffsetMs((day + 1) * DAY, zone) ? first : undefined);
  }
  return steady.get(key) ?? askedOffsetMs(at, zone);
}

/** Asks the platform, which takes its time: a page that words fifty events would ask four hundred times. */
function askedOffsetMs(at: number, zone: string): number {
  const wall = askedWallTime(at, zone);
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  return asUtc - Math.floor(at / 60_000) * 60_000;
}

/** The instant at which the zone's clocks show this; the later of both sides where they jump over it. */
export function instantOf(wall: WallTime, zone: string): number {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

/** Midnight of the day that holds `at`, `days` later (or earlier, when negative). */
export function startOfDay(at: number, zone: string, days = 0): number {
  const wall = wallTime(at, zone);
  const noon = new Date(Date.UTC(wall.year, wall.month - 1, wall.day, 12) + days * DAY);
  const day = { year: noon.getUTCFullYear(), month: noon.getUTCMonth() + 1, day: noon.getUTCDate() };
  return instantOf({ ...day, hour: 0, minute: 0 }, zone);
}

export function isSameDay(a: number, b: number, zone: string): boolean {
  return startOfDay(a, zone) === startOfDay(b, zone);
}

/** `2026-11-21`, as a date field holds it. */
export function isoDay(at: number, zone: string): string {
  const wall = wallTime(at, zone);
  return `${wall.year}-${twoDigits(wall.month)}-${twoDigits(wall.day)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Midnight of a date field's day in the zone; undefined when the field is empty or half filled. */
export function fromIsoDay(text: string, zone: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1) return undefined;
  return instantOf({ year, month, day, hour: 0, minute: 0 }, zone);
}

/** Whether clocks of both zones show the same at this instant. */
export function sameClock(zone: string, other: string, at: number): boolean {
  return zone === other || offsetMs(at, zone) === offsetMs(at, other);
}

/** `America/New_York` is known to people as New York. */
export function zoneCity(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}
