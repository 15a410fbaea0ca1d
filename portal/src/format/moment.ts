// Dates and times in the home's zone, with the zone named when the viewer's clock shows something else.
import { dateFormat } from "./formatters";
import type { Voice } from "./say";
import { isSameDay, sameClock, startOfDay, zoneCity } from "./zone";

export interface MomentOptions {
  zone: string;
  now: number;
  seconds?: boolean;
}

/** "14:05" today, "yesterday, 14:05", else "21 Nov, 14:05"; with "Berlin time" where that is not the viewer's. */
export function moment(at: number, voice: Voice, options: MomentOptions): string {
  return withZone(at, bareMoment(at, voice, options), voice, options.zone);
}

function bareMoment(at: number, voice: Voice, { zone, now, seconds }: MomentOptions): string {
  const time = clock(at, voice, zone, seconds);
  if (isSameDay(at, now, zone)) return time;
  return voice.say("time.dayAndTime", { day: dayName(at, voice, { zone, now }), time });
}

export function clock(at: number, voice: Voice, zone: string, seconds = false): string {
  const second = seconds ? ({ second: "2-digit" } as const) : {};
  return dateFormat(voice.locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", ...second }).format(at);
}

/** "Today", "Yesterday", else "Sat 21 Nov", with the year when it is another one. */
export function dayName(at: number, voice: Voice, { zone, now }: { zone: string; now: number }): string {
  if (isSameDay(at, now, zone)) return voice.say("time.today");
  if (startOfDay(at, zone) === startOfDay(now, zone, -1)) return voice.say("time.yesterday");
  const year = (instant: number) =>
    dateFormat("en-US", { timeZone: zone, year: "numeric" }).format(instant);
  const otherYear = year(at) !== year(now) ? ({ year: "numeric" } as const) : {};
  return dateFormat(voice.locale, {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    ...otherYear,
  }).format(at);
}

/** The whole of it, for a title or a table: "Sat, 21 Nov 2026, 14:05:12, Berlin time". */
export function fullMoment(at: number, voice: Voice, zone: string): string {
  const text = dateFormat(voice.locale, {
    timeZone: zone,
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(at);
  return withZone(at, text, voice, zone);
}

function withZone(at: number, text: string, voice: Voice, zone: string): string {
  const named = zoneNote(at, voice, zone);
  return named === undefined ? text : voice.say("time.inZone", { time: text, zone: named });
}

/** The zone's name where it must be said: when the viewer's clock shows another time. */
export function zoneNote(at: number, voice: Voice, zone: string): string | undefined {
  if (sameClock(zone, voice.zone, at)) return undefined;
  return voice.say("time.zone", { city: zoneCity(zone) });
}
