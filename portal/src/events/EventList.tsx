// The events themselves, under a heading for each day; older ones come as one scrolls towards them.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useDeferredValue, useEffect, useMemo, useRef } from "react";
import { useTranslations } from "use-intl";
import { attributeSpec, capabilitiesQuery } from "../device/capabilities";
import type { Say } from "../format/say";
import { clock, dayName, fullMoment } from "../format/moment";
import { useVoice } from "../format/voice";
import { isoDay } from "../format/zone";
import type { EventView } from "../live/protocol";
import { Button, ButtonLink } from "../ui/Button";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Card } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./Events.module.css";
import { useNames, useNamesLoading } from "./names";
import { causeOf, tell, type Teller, toldLate } from "./sentence";
import { type StreamFilter, useEventStream } from "./stream";

/** Further down than this, somebody is reading. */
const READING_PX = 240;

export function useTeller(): Teller {
  const voice = useVoice();
  const names = useNames();
  // Keys are computed from the types of events; a test holds the catalogue to them.
  const say = useTranslations("events") as unknown as Say;
  const capabilities = useQuery(capabilitiesQuery).data;
  const teller = useMemo(
    () => ({ say, voice, names, unitOf: (attribute: string) => attributeSpec(capabilities, attribute)?.unit }),
    [say, voice, names, capabilities],
  );
  // Devices are new with nearly every loading, and with them the teller: every event is then worded again, in pieces.
  return useDeferredValue(teller);
}

interface Day {
  day: string;
  at: number;
  events: EventView[];
}

export function byDay(events: readonly EventView[], zone: string): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const at = Date.parse(event.time);
    const day = isoDay(at, zone);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, at, events: [event] });
  }
  return days;
}

export function EventList({ filter, zone }: { filter: StreamFilter; zone: string }) {
  const t = useTranslations("events");
  const { events, waitingCount, showWaiting, isPending, isError, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useEventStream(
    filter,
    () => window.scrollY > READING_PX,
  );
  const teller = useTeller();
  const namesLoading = useDeferredValue(useNamesLoading());
  const now = useNow();
  const days = useMemo(() => byDay(events, zone), [events, zone]);
  if (isPending || namesLoading) return <SkeletonRows count={8} label={t("loading")} />;
  if (isError && events.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (events.length === 0) {
    const narrowed = Object.keys(filter).length > 0;
    return (
      <EmptyState
        icon={Activity}
        title={t(narrowed ? "empty.filtered" : "empty.title")}
        why={t(narrowed ? "empty.filteredWhy" : "empty.why")}
        action={!narrowed && <ButtonLink to="/devices/add" variant="primary">{t("empty.action")}</ButtonLink>}
      />
    );
  }
  return (
    <div className={styles.stream}>
      {waitingCount > 0 && (
        <div className={styles.pill}>
          <Button
            variant="primary"
            size="small"
            icon={ArrowUp}
            onPress={() => {
              showWaiting();
              window.scrollTo({ top: 0 });
            }}
          >
            {t("new", { count: waitingCount })}
          </Button>
        </div>
      )}
      {days.map(({ day, at, events: ofDay }) => (
        <section key={day} aria-labelledby={`day-${day}`}>
          <h2 id={`day-${day}`} className={styles.dayName}>
            {dayName(at, teller.voice, { zone, now })}
          </h2>
          <Card flush>
            <ol>
              {ofDay.map((event) => (
                <Row key={event.id} event={event} teller={teller} zone={zone} />
              ))}
            </ol>
          </Card>
        </section>
      ))}
      <Older more={hasNextPage} busy={isFetchingNextPage} onReach={() => void fetchNextPage()} />
    </div>
  );
}

interface RowProps {
  event: EventView;
  teller: Teller;
  zone: string;
}

const Row = memo(function Row({ event, teller, zone }: RowProps) {
  const { text, detail, tone, icon: Icon } = tell(event, teller);
  const cause = causeOf(event, teller);
  const time = Date.parse(event.time);
  const home = event.home == null ? undefined : teller.names.home(event.home);
  const known = event.device != null && teller.names.device(event.device) !== undefined;
  const words: ReactNode = known ? (
    <Link to="/devices/$deviceId" params={{ deviceId: event.device as string }} className={styles.link}>
      {text}
    </Link>
  ) : (
    text
  );
  return (
    <li className={styles.row} data-event={event.id}>
      <span className={classes(styles.icon, tone !== "neutral" && styles[tone])}>
        <Icon size={16} aria-hidden />
      </span>
      <div className={styles.words}>
        <p className={styles.text}>{words}</p>
        <p className={styles.detail}>{[detail, cause, home].filter(Boolean).join(" · ")}</p>
      </div>
      <time className={styles.time} dateTime={event.time} title={[fullMoment(time, teller.voice, zone), toldLate(event, teller)].filter(Boolean).join(" · ")}>
        {clock(time, teller.voice, zone)}
      </time>
    </li>
  );
});

/** The end of the list: loads more when it comes near the window, and by a press where nothing scrolls. */
function Older({ more, busy, onReach }: { more: boolean; busy: boolean; onReach: () => void }) {
  const t = useTranslations("events");
  const place = useRef<HTMLDivElement>(null);
  const reach = useRef(onReach);
  useEffect(() => {
    reach.current = onReach;
  });
  useEffect(() => {
    if (!more || busy || place.current === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && reach.current(), { rootMargin: "600px" });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [more, busy]);
  return (
    <div ref={place} className={styles.older}>
      {more ? (
        <Button busy={busy} onPress={onReach}>
          {t("older")}
        </Button>
      ) : (
        <p>{t("end")}</p>
      )}
    </div>
  );
}
