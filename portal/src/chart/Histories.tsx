// The ways a history is drawn that are not lines, each with what it asks the server for, and the same data as table
// and file.
import { useQuery } from "@tanstack/react-query";
import { lazy, useMemo } from "react";
import { useTranslations } from "use-intl";
import { millis } from "../format/instant";
import type { LatestValue } from "../live/hooks";
import { useNow } from "../ui/now";
import { awaySpans, type Band, bandsOf, shiftedBands } from "./bands";
import { alongside, barsOf } from "./bars";
import { Frame } from "./Frame";
import { grown, withTail } from "./history";
import type { HistoryPanelProps } from "./HistoryPanel";
import { HistoryTable } from "./HistoryTable";
import { useCompared } from "./LineHistory";
import { historyQuery, presenceEventsQuery, valueBeforeQuery } from "./queries";
import { calendarSpan, type Span, stepFor } from "./range";
import { Timeline, type Track } from "./Timeline";

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

interface Stated {
  device: string;
  endpoint: number;
  /** What the server is asked for, and what is shown of it. */
  asked: Span;
  shown: Span;
}

const NO_TAIL: readonly LatestValue[] = [];

/** The bands of one series, with the times at which its device was away. Asks for nothing where there is none. */
function useBands(of: Stated | undefined, attribute: string, tail: readonly LatestValue[]) {
  const now = useNow();
  const enabled = of !== undefined;
  const { device, endpoint, asked, shown } = of ?? { device: "", endpoint: 0, asked: NOWHEN, shown: NOWHEN };
  const query = useQuery({ ...historyQuery({ device, endpoint, attribute, ...asked, by: { buckets: BAND_BUCKETS } }), enabled });
  const before = useQuery({ ...valueBeforeQuery(device, endpoint, attribute, asked.from), enabled }).data;
  const presence = useQuery({ ...presenceEventsQuery(device, asked), enabled }).data;
  const { from, until } = shown;
  const bands = useMemo(() => {
    if (query.data === undefined) return undefined;
    const events = (presence ?? []).map((event) => ({ at: millis(event.time), isAway: event.type === "device.offline" }));
    return bandsOf({ ...withTail(query.data, tail), from, until }, before ?? undefined, awaySpans(events, from, until), now);
  }, [query.data, presence, tail, before, now, from, until]);
  return { query, bands };
}

const NOWHEN: Span = { from: 0, until: 0 };

export function BandHistory(props: ShownProps) {
  const { device, endpoint, attribute, asked, shown, tail, twoState, zone, name, onZoom } = props;
  const t = useTranslations("chart");
  const own = useBands({ device: device.id, endpoint, asked, shown }, attribute, tail);
  const compared = useCompared(props, asked);
  const other = useBands(compared && { ...compared, asked: compared.span, shown: compared.span }, attribute, NO_TAIL);
  const bands = own.bands ?? NO_BANDS;
  const beside = useMemo(
    () => (compared === undefined || other.bands === undefined ? undefined : { name: compared.name, bands: shiftedBands(other.bands, compared.shiftMs), twoState: compared.twoState }),
    [compared, other.bands],
  );
  const ownName = compared?.key === "previous" ? t("compare.now") : device.name;
  const tracks: Track[] = [
    { key: "own", name: ownName, bands, twoState, shiftMs: 0 },
    ...(beside === undefined || compared === undefined ? [] : [{ ...beside, key: compared.key, shiftMs: compared.shiftMs }]),
  ];
  return (
    <Frame
      query={own.query}
      isEmpty={tracks.every((track) => track.bands.every((band) => band.value === undefined))}
      chart={<Timeline tracks={tracks} attribute={attribute} span={shown} zone={zone} name={name} onZoom={onZoom} />}
      foot={own.query.data && <HistoryTable {...props} history={own.query.data} kind="state" bands={bands} {...(beside && { besideBands: { ...beside, own: ownName } })} />}
    />
  );
}

const NO_BANDS: readonly Band[] = [];
