// Everything that happened to the device, newest first, a page at a time: the tab stays as long as one asks for more.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { memo, useDeferredValue, useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { useTeller } from "../events/EventList";
import { newestFirst } from "../events/order";
import { causeOf, tell, type Teller, toldLate } from "../events/sentence";
import { millis } from "../format/instant";
import { fullMoment, moment } from "../format/moment";
import type { EventView } from "../live/hooks";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Card } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./DevicePage.module.css";
import { deviceEventsQuery } from "./queries";

export function DeviceEvents({ device, zone }: { device: Device; zone: string }) {
  const t = useTranslations("device");
  const teller = useTeller();
  const query = useInfiniteQuery(deviceEventsQuery(device.id));
  // A page of events is much to draw: it is drawn in pieces.
  const data = useDeferredValue(query.data);
  const events = useMemo(() => newestFirst(data?.pages.flatMap((page) => page.items) ?? []), [data]);
  if (query.isError && query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (data === undefined) return <SkeletonRows count={6} label={t("loading")} />;
  if (events.length === 0) return <EmptyState icon={Activity} title={t("why.none")} why={t("why.noneWhy")} />;
  return (
    <Card flush>
      <ol>
        {events.map((event) => <Row key={event.id} event={event} teller={teller} zone={zone} />)}
      </ol>
      {query.hasNextPage && (
        <div className={styles.older}>
          <Button busy={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{t("older")}</Button>
        </div>
      )}
    </Card>
  );
}

const Row = memo(function Row({ event, teller, zone }: { event: EventView; teller: Teller; zone: string }) {
  const now = useNow();
  const { text, detail, tone, icon: Icon } = tell(event, teller);
  const at = millis(event.time);
  return (
    <li className={styles.event}>
      <span className={classes(styles.icon, tone !== "neutral" && styles[tone])}>
        <Icon size={16} aria-hidden />
      </span>
      <div>
        <p>{text}</p>
        <p className={styles.soft}>{[detail, causeOf(event, teller)].filter(Boolean).join(" · ")}</p>
      </div>
      <time className={styles.soft} dateTime={new Date(at).toISOString()} title={[fullMoment(at, teller.voice, zone), toldLate(event, teller)].filter(Boolean).join(" · ")}>
        {moment(at, teller.voice, { zone, now })}
      </time>
    </li>
  );
});
