// The last things that happened, newest first, as they happen.
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useTeller } from "../events/EventList";
import { digest } from "../events/digest";
import { circumstances, eventTone, tellOften } from "../events/sentence";
import { useEventStream } from "../events/stream";
import { Age } from "../ui/Age";
import { ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Section } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { classes } from "../ui/classes";
import styles from "./Activity.module.css";

const SHOWN = 12;
/** Most of what devices say all day long is left out. */
const ASKED = 200;

/** Nobody reads down a list this short, so new events are shown at once. */
const isReading = () => false;

interface Props {
  organisation: string | undefined;
  /** Loads already, and is not drawn yet. */
  isHeld: boolean;
}

export function Activity({ organisation, isHeld }: Props) {
  const t = useTranslations("today.activity");
  const filter = useMemo(() => (organisation === undefined ? {} : { organisation }), [organisation]);
  const { events, isPending, isError, error, refetch } = useEventStream(filter, isReading, ASKED);
  const teller = useTeller();
  const newest = useMemo(() => digest(events, (event) => eventTone(event, teller.names) === "danger").slice(0, SHOWN), [events, teller.names]);
  if (isHeld) return null;
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
        {newest.map((told) => {
          const { event } = told;
          const sentence = tellOften(told, teller);
          const { text, tone, icon: Icon } = sentence;
          const home = event.home == null ? undefined : teller.names.home(event.home);
          return (
            <li key={event.id} className={classes(styles.row, tone !== "neutral" && styles[tone])}>
              <Icon size={16} aria-hidden />
              <div className={styles.words}>
                <p>{text}</p>
                <p className={styles.detail}>{[...circumstances(event, sentence, teller), home].filter(Boolean).join(" · ")}</p>
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
