// How long ago something was: "12 min ago", with the full time when pointed at.
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type Instant, millis } from "../format/instant";
import { fullMoment } from "../format/moment";
import { useVoice } from "../format/voice";
import { ageOf, isStale } from "./age";
import styles from "./Age.module.css";
import { classes } from "./classes";
import { useNow } from "./now";

export interface AgeProps {
  time: Instant;
  /** When set, a value older than this is marked as stale. */
  expectedInterval_s?: number;
  /** Show nothing while the value is as fresh as its device promised. */
  onlyWhenStale?: boolean;
  timeZone?: string;
}

export function Age({ time: instant, expectedInterval_s, onlyWhenStale = false, timeZone }: AgeProps) {
  const t = useTranslations("ui");
  const voice = useVoice();
  const now = useNow();
  const [pointed, setPointed] = useState(false);
  const time = millis(instant);
  const stale = expectedInterval_s !== undefined && isStale(time, now, expectedInterval_s);
  if (onlyWhenStale && !stale) return null;
  const { unit, count } = ageOf(time, now);
  // Wording a date is dear, and a page has a hundred ages: only what is pointed at is worded.
  const full = pointed ? fullMoment(time, voice, timeZone ?? voice.zone) : undefined;
  return (
    <time dateTime={new Date(time).toISOString()} title={full} onPointerEnter={() => setPointed(true)} className={classes(styles.age, stale && styles.stale)}>
      {t(`age.${unit}`, { count })}
    </time>
  );
}
