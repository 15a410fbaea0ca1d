// A counter in the terms people ask for: today, yesterday, the last seven days, and a small bar for each day.
import { dateFormat } from "../format/formatters";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useTranslations } from "use-intl";
import { dayName } from "../format/moment";
import { changePercent, quantity, scaled, scaleFor } from "../format/quantity";
import { conversion } from "../format/units";
import { useVoice } from "../format/voice";
import type { LatestValue } from "../live/hooks";
import { classes } from "../ui/classes";
import { useNow } from "../ui/now";
import { Skeleton } from "../ui/Skeleton";
import { historyQuery } from "./queries";
import { type Usage, usageOf, usageSpan } from "./usage";
import styles from "./UsagePanel.module.css";

/** As high as the panel is once it is known. */
const PANEL_PX = 211;

interface Props {
  device: string;
  endpoint: number;
  attribute: string;
  zone: string;
  /** The counter as it stands. */
  latest: LatestValue | undefined;
}

export function UsagePanel({ device, endpoint, attribute, zone, latest }: Props) {
  const t = useTranslations("chart");
  const now = useNow();
  const history = useQuery(historyQuery({ device, endpoint, attribute, ...usageSpan(now, zone), by: { step: "day" } }));
  const data = useDeferredValue(history.data);
  if (data === undefined) {
    return history.isError ? <p className={styles.soft}>{t("noAnswer")}</p> : <Skeleton height={PANEL_PX} />;
  }
  const usage = usageOf(data, now, latest);
  if (usage.days.length === 0) return <p className={styles.soft}>{t("usage.none")}</p>;
  return (
    <div className={styles.panel}>
      <Figures usage={usage} unit={data.unit ?? ""} />
      <Days usage={usage} unit={data.unit ?? ""} zone={zone} now={now} />
    </div>
  );
}

function Figures({ usage, unit }: { usage: Usage; unit: string }) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const figure = (name: "today" | "yesterday" | "week", value: number | undefined) => (
    <div className={classes(styles.figure, name === "today" && styles.main)}>
      <dt>{t(`usage.${name}`)}</dt>
      <dd>{value === undefined ? t("usage.unknown") : quantity(value, unit, voice).text}</dd>
    </div>
  );
  const change = usage.today === undefined || usage.yesterday === undefined ? null : changePercent(usage.today, usage.yesterday);
  return (
    <div className={styles.sums}>
      <dl className={styles.figures}>
        {figure("today", usage.today)}
        {figure("yesterday", usage.yesterday)}
        {figure("week", usage.week)}
      </dl>
      {change !== null && <p className={styles.soft}>{t("usage.soFar", { percent: quantity(100 + change, "%", voice).text })}</p>}
    </div>
  );
}

function Days({ usage, unit, zone, now }: { usage: Usage; unit: string; zone: string; now: number }) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const highest = Math.max(...usage.days.map((day) => day.value), 0);
  const shown = conversion(unit, voice.units);
  const scale = scaleFor(shown.unit, shown.of(highest));
  const weekday = dateFormat(voice.locale, { timeZone: zone, weekday: "narrow" });
  return (
    <ol className={styles.days} aria-label={t("usage.byDay")}>
      {usage.days.map((day) => {
        const text = scaled(shown.of(day.value), shown.unit, scale, voice.locale).text;
        const name = dayName(day.from, voice, { zone, now });
        return (
          <li key={day.from} className={styles.day} title={`${name}: ${text}`}>
            <span className={styles.hidden}>{`${name}: ${text}`}</span>
            <span className={styles.column} aria-hidden>
              <span
                className={classes(styles.bar, day.open && styles.open, day.estimated && styles.estimated)}
                style={{ height: `${highest === 0 ? 0 : (day.value / highest) * 100}%` }}
              />
            </span>
            <span aria-hidden className={styles.soft}>{weekday.format(day.from)}</span>
          </li>
        );
      })}
    </ol>
  );
}
