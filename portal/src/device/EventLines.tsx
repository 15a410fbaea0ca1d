// A short list of events, for the narrow column beside a page: what happened, who or what caused it, how long ago.
import { useTranslations } from "use-intl";
import { useTeller } from "../events/EventList";
import { causeOf, tell } from "../events/sentence";
import { millis } from "../format/instant";
import type { EventView } from "../live/hooks";
import { Age } from "../ui/Age";
import { classes } from "../ui/classes";
import styles from "./EventLines.module.css";

export function EventLines({ events, zone }: { events: readonly EventView[]; zone: string }) {
  const t = useTranslations("device");
  const teller = useTeller();
  // Late reports come into the log behind newer ones; here the time itself counts.
  const newestFirst = events.toSorted((a, b) => millis(b.time) - millis(a.time));
  if (events.length === 0) return <p className={styles.none}>{t("why.none")}</p>;
  return (
    <ol className={styles.list}>
      {newestFirst.map((event) => {
        const { text, detail, tone, icon: Icon } = tell(event, teller);
        return (
          <li key={event.id} className={styles.line}>
            <span className={classes(styles.icon, tone !== "neutral" && styles[tone])}>
              <Icon size={16} aria-hidden />
            </span>
            <div>
              <p>{text}</p>
              <p className={styles.soft}>
                <Age time={millis(event.time)} timeZone={zone} />
                {[detail, causeOf(event, teller)].filter(Boolean).map((one) => ` · ${one}`)}
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
