// The ways a history is drawn that are not lines, each with what it asks the server for, and the same data as table
// and file.
import { useQuery } from "@tanstack/react-query";
import { lazy, useMemo } from "react";
import { useTranslations } from "use-intl";
import { millis } from "../format/instant";
import type { LatestValue } from "../live/hooks";
import { useNow } from "../ui/now";
import { awaySpans, bandsOf } from "./bands";
import { alongside, barsOf } from "./bars";
import { Frame } from "./Frame";
import { grown, withTail } from "./history";
import type { HistoryPanelProps } from "./HistoryPanel";
import { HistoryTable } from "./HistoryTable";
import { useCompared } from "./LineHistory";
import { historyQuery, presenceEventsQuery, valueBeforeQuery } from "./queries";
import { calendarSpan, type Span, stepFor } from "./range";
import { Timeline } from "./Timeline";

const BarPlot = lazy(async () => ({ default: (await import("./BarPlot")).BarPlot }));

export interface ShownProps extends HistoryPanelProps {
  /** What the server is asked for, and what the axis shows: it walks on while one looks. */
  asked: Span;
  shown: Span;
  tail: readonly LatestValue[];
  onZoom: (span: Span) => void;
  onLive: () => void;
}

/** Bands tell when something changed, so they are cut finer than charts. */
const BAND_BUCKETS = 720;

export function BarHistory(props: ShownProps) {
  const { device, endpoint, attribute, asked, latest, zone, name, onZoom, onLive } = props;
  const t = useTranslations("chart");
  const now = useNow();
  const step = stepFor(asked);
  const span = calendarSpan(asked, step, zone);
  const query = useQuery(historyQuery({ device: device.id, endpoint, attribute, ...span, by: { step } }));
  const history = useMemo(() => query.data && grown(query.data, latest), [query.data, latest]);
  const bars = useMemo(() => (history ? barsOf(history, now) : []), [history, now]);
  const compared = useCompared(props, span);
  const wish = { device: compared?.device ?? "", endpoint: compared?.endpoint ?? 0, attribute, ...(compared?.span ?? span), by: { step } };
  const other = useQuery({ ...historyQuery(wish), enabled: compared !== undefined });
  const { data: before } = other;
  const beside = useMemo(
    () => (before === undefined || compared === undefined ? undefined : alongside(bars, barsOf(before, now), compared.shiftMs)),
    [bars, before, compared, now],
  );
  // The last bar is drawn whole, though its time is not over.
  const shown = { from: span.from, until: Math.max(span.until, bars.at(-1)?.until ?? 0) };
  return (
    <Frame
      query={query}
      isEmpty={bars.length === 0}
      chart={history && (
        <BarPlot bars={bars} unit={history.unit ?? ""} zone={zone} step={step} span={shown} name={name} onZoom={onZoom} onLive={onLive} {...(beside && compared && { beside: { name: compared.name, own: compared.key === "previous" ? t("compare.now") : device.name, values: beside } })} />
      )}
      foot={history && <HistoryTable {...props} history={history} kind="counter" {...(beside && compared && { beside: { name: compared.name, values: beside } })} />}
    />
  );
}

export function BandHistory(props: ShownProps) {
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
