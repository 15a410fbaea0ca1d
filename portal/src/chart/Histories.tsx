// The three ways a history is drawn, each with what it asks the server for, and the same data as table and file.
import { useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { useTranslations } from "use-intl";
import { millis } from "../format/instant";
import type { LatestValue } from "../live/hooks";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Skeleton } from "../ui/Skeleton";
import { awaySpans, bandsOf } from "./bands";
import { barsOf } from "./bars";
import { grown, type History, withTail } from "./history";
import type { HistoryPanelProps } from "./HistoryPanel";
import styles from "./HistoryPanel.module.css";
import { HistoryTable } from "./HistoryTable";
import { lineColumns, stepColumns } from "./lines";
import { historyQuery, presenceEventsQuery, valueBeforeQuery } from "./queries";
import { calendarSpan, type Span, stepFor } from "./range";
import { Timeline } from "./Timeline";

const LinePlot = lazy(async () => ({ default: (await import("./LinePlot")).LinePlot }));
const BarPlot = lazy(async () => ({ default: (await import("./BarPlot")).BarPlot }));

interface Props extends HistoryPanelProps {
  /** What the server is asked for, and what the axis shows: it walks on while one looks. */
  asked: Span;
  shown: Span;
  tail: readonly LatestValue[];
  onZoom: (span: Span) => void;
}

const BUCKETS = 300;
/** Bands tell when something changed, so they are cut finer. */
const BAND_BUCKETS = 720;
const HEIGHT = 260;

interface FrameProps {
  query: { data: History | undefined; error: unknown; isPending: boolean; isPlaceholderData: boolean; refetch: () => unknown };
  isEmpty: boolean;
  chart: ReactNode;
  foot: ReactNode;
}

function Frame({ query, isEmpty, chart, foot }: FrameProps) {
  const t = useTranslations("chart");
  if (query.data === undefined) {
    if (query.isPending) return <Skeleton height={HEIGHT} />;
    return <ErrorState plain error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (isEmpty && !query.isPlaceholderData) {
    return <EmptyState plain icon={ChartNoAxesColumn} title={t("empty.title")} why={t("empty.why")} />;
  }
  return (
    <div className={classes(styles.chart, query.isPlaceholderData && styles.stale)}>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>{chart}</Suspense>
      {foot}
    </div>
  );
}

export function LineHistory({ stepped, ...props }: Props & { stepped: boolean }) {
  const { device, endpoint, attribute, asked, shown, tail, name, onZoom } = props;
  const now = useNow();
  const query = useQuery(historyQuery({ device: device.id, endpoint, attribute, ...asked, by: { buckets: BUCKETS } }));
  const before = useQuery({ ...valueBeforeQuery(device.id, endpoint, attribute, asked.from), enabled: stepped }).data;
  const history = useMemo(() => query.data && withTail(query.data, tail), [query.data, tail]);
  const columns = useMemo(() => {
    if (history === undefined) return undefined;
    return stepped ? stepColumns({ ...history, until: shown.until }, typeof before === "number" ? before : undefined, now) : lineColumns(history);
  }, [history, stepped, before, now, shown.until]);
  return (
    <Frame
      query={query}
      isEmpty={columns === undefined || columns.time.length === 0}
      chart={history && columns && (
        <LinePlot history={history} columns={columns} stepped={stepped} span={shown} name={name} onZoom={onZoom} />
      )}
      foot={history && <HistoryTable {...props} history={history} kind="amount" />}
    />
  );
}

export function BarHistory(props: Props) {
  const { device, endpoint, attribute, asked, latest, zone, name, onZoom } = props;
  const now = useNow();
  const step = stepFor(asked);
  const span = calendarSpan(asked, step, zone);
  const query = useQuery(historyQuery({ device: device.id, endpoint, attribute, ...span, by: { step } }));
  const history = useMemo(() => query.data && grown(query.data, latest), [query.data, latest]);
  const bars = useMemo(() => (history ? barsOf(history, now) : []), [history, now]);
  // The last bar is drawn whole, though its time is not over.
  const shown = { from: span.from, until: Math.max(span.until, bars.at(-1)?.until ?? 0) };
  return (
    <Frame
      query={query}
      isEmpty={bars.length === 0}
      chart={history && (
        <BarPlot bars={bars} unit={history.unit ?? ""} zone={zone} step={step} span={shown} name={name} onZoom={onZoom} />
      )}
      foot={history && <HistoryTable {...props} history={history} kind="counter" />}
    />
  );
}

export function BandHistory(props: Props) {
  const { device, endpoint, attribute, asked, shown, tail, twoState, zone, name, onZoom } = props;
  const now = useNow();
  const query = useQuery(historyQuery({ device: device.id, endpoint, attribute, ...asked, by: { buckets: BAND_BUCKETS } }));
  const before = useQuery(valueBeforeQuery(device.id, endpoint, attribute, asked.from)).data;
  const presence = useQuery(presenceEventsQuery(device.id, asked)).data;
  const bands = useMemo(() => {
    if (query.data === undefined) return [];
    const events = (presence ?? []).map((event) => ({ at: millis(event.time), isAway: event.type === "device.offline" }));
    const away = awaySpans(events, shown.from, shown.until);
    const history = { ...withTail(query.data, tail), from: shown.from, until: shown.until };
    return bandsOf(history, before ?? undefined, away, now);
  }, [query.data, presence, tail, before, now, shown.from, shown.until]);
  return (
    <Frame
      query={query}
      isEmpty={bands.every((band) => band.value === undefined)}
      chart={
        <Timeline bands={bands} attribute={attribute} twoState={twoState} span={shown} zone={zone} name={name} onZoom={onZoom} />
      }
      foot={query.data && <HistoryTable {...props} history={query.data} kind="state" bands={bands} />}
    />
  );
}
