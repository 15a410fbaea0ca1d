// The last things that happened, newest first, as they happen.
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useTeller } from "../events/EventList";
import { tell } from "../events/sentence";
import { useEventStream } from "../events/stream";
import { Age } from "../ui/Age";
import { ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Section } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { classes } from "../ui/classes";
import styles from "./Activity.module.css";

const SHOWN = 12;

/** Nobody reads down a list this short, so new events are shown at once. */
const isReading = () => false;

export function Activity({ organisation }: { organisation: string | undefined }) {
  const t = useTranslations("today.activity");
  const filter = useMemo(() => (organisation === undefined ? {} : { organisation }), [organisation]);
  const { events, isPending, isError, error, refetch } = useEventStream(filter, isReading);
  const teller = useTeller();
  // The stream is in the order of the log; what a device tells late (history after a pause) belongs further down.
  const newest = useMemo(() => events.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time)).slice(0, SHOWN), [events]);
  return (
    <Section
      title={t("title")}
      action={
        <ButtonLink to="/events" variant="quiet" size="small">
          {t("all")}
        </ButtonLink>
      }
    >
      {isPending && <Waiting label={t("loading")} />}
      {isError && events.length === 0 && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!isPending && !isError && events.length === 0 && <p className={styles.quiet}>{t("empty")}</p>}
      <ol className={styles.list}>
        {newest.map((event) => {
          const { text, tone, icon: Icon } = tell(event, teller);
          const home = event.home == null ? undefined : teller.names.home(event.home);
          return (
            <li key={event.id} className={classes(styles.row, tone !== "neutral" && styles[tone])}>
              <Icon size={16} aria-hidden />
              <div className={styles.words}>
                <p>{text}</p>
                {home && <p className={styles.detail}>{home}</p>}
              </div>
              <span className={styles.age}>
                <Age time={event.time} />
              </span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

function Waiting({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className={styles.list}>
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} className={styles.row}>
          <Skeleton width={16} height={16} round />
          <Skeleton width={index % 2 === 0 ? "80%" : "60%"} />
          <Skeleton width={40} />
        </div>
      ))}
    </div>
  );
}
