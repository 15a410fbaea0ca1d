// The history of one attribute: as a line, steps, bars or bands by what it is, over a span that stands in the URL.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { attributeSpec, capabilitiesQuery } from "../device/capabilities";
import type { TwoState } from "../format/wording";
import type { LatestValue } from "../live/hooks";
import { useNow } from "../ui/now";
import { CompareSelect } from "./CompareSelect";
import { BandHistory, BarHistory } from "./Histories";
import styles from "./HistoryPanel.module.css";
import { LineHistory } from "./LineHistory";
import { fixed, livePreset, parseRange, type Range, rangeText, type Span, spanOf } from "./range";
import { RangePicker } from "./RangePicker";

export interface HistoryPanelProps {
  device: { id: string; name: string; home: string };
  endpoint: number;
  attribute: string;
  name: string;
  twoState: TwoState;
  zone: string;
  latest: LatestValue | undefined;
  range: string | undefined;
  onRange: (range: string) => void;
  /** As the URL has it. */
  compare: string | undefined;
  onCompare: (compare: string | undefined) => void;
}

/** A span that ends now is asked for anew so often; in between it grows by what comes live. */
const ASK_AGAIN_MS = 5 * 60_000;

/** The instant a moving span is asked for, and the span as it stands on the axis. */
export function useSpan(range: Range): { asked: Span; shown: Span } {
  const now = useNow();
  const key = rangeText(range);
  const [anchor, setAnchor] = useState({ key, at: now });
  if (anchor.key !== key || now - anchor.at > ASK_AGAIN_MS) setAnchor({ key, at: now });
  return { asked: spanOf(range, anchor.at), shown: spanOf(range, Math.max(now, anchor.at)) };
}

/** What has come live while one looks. */
function useTail(latest: LatestValue | undefined): LatestValue[] {
  const [tail, setTail] = useState<LatestValue[]>([]);
  const last = tail.at(-1);
  if (latest !== undefined && (last === undefined || latest.time > last.time)) setTail([...tail, latest].slice(-MOST_TAIL));
  return tail;
}

const MOST_TAIL = 600;

export function HistoryPanel(props: HistoryPanelProps) {
  const t = useTranslations("chart");
  const { attribute, latest, zone, onRange } = props;
  const range = parseRange(props.range);
  const { asked, shown } = useSpan(range);
  const tail = useTail(latest);
  const now = useNow();
  const capabilities = useQuery(capabilitiesQuery);
  if (capabilities.isPending) return <p role="status" className={styles.soft}>{t("loading")}</p>;
  const spec = attributeSpec(capabilities.data, attribute);
  const isNumber = spec === undefined ? typeof latest?.value === "number" : spec.kind.type === "number" || spec.kind.type === "integer";
  const shared = { ...props, asked, shown, tail, onZoom: (span: Span) => onRange(rangeText(fixed(span, now))), onLive: () => onRange(livePreset(shown)) };
  return (
    <div className={styles.panel}>
      <RangePicker range={range} span={shown} zone={zone} onChange={(next) => onRange(rangeText(next))} />
      <CompareSelect
        home={props.device.home}
        device={props.device.id}
        endpoint={props.endpoint}
        attribute={attribute}
        value={props.compare}
        onChange={props.onCompare}
      />
      {spec?.counter === true ? (
        <BarHistory {...shared} />
      ) : isNumber ? (
        <LineHistory {...shared} stepped={spec?.eventful === true} />
      ) : (
        <BandHistory {...shared} />
      )}
    </div>
  );
}
