// A short list of events, for the narrow column beside a page: what happened, who or what caused it, how long ago.
import { memo } from "react";
import { useTranslations } from "use-intl";
import { useTeller } from "../events/EventList";
import type { Told } from "../events/digest";
import { circumstances, tellOften } from "../events/sentence";
import { millis } from "../format/instant";
import { Age } from "../ui/Age";
import { classes } from "../ui/classes";
import styles from "./EventLines.module.css";

export const EventLines = memo(function EventLines({ told, zone }: { told: readonly Told[]; zone: string }) {
  const t = useTranslations("device");
  const teller = useTeller();
  if (told.length === 0) return <p className={styles.none}>{t("why.none")}</p>;
  return (
    <ol className={styles.list}>
      {told.map((one) => {
        const { event } = one;
        const sentence = tellOften(one, teller);
        const { text, tone, icon: Icon } = sentence;
        return (
          <li key={event.id} className={styles.line}>
            <span className={classes(styles.icon, tone !== "neutral" && styles[tone])}>
              <Icon size={16} aria-hidden />
            </span>
            <div>
              <p>{text}</p>
              <p className={styles.soft}>
                <Age time={millis(event.time)} timeZone={zone} />
                {circumstances(event, sentence, teller).map((part) => ` · ${part}`)}
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
});
