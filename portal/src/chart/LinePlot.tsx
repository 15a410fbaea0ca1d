// Lines over time: what was measured, gaps as gaps, estimated stretches dashed; several with a legend that tells the
// values under the pointer.
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import uPlot from "uplot";
import { moment } from "../format/moment";
import { scaled, scaleFor } from "../format/quantity";
import { conversion } from "../format/units";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";
import { columnsOf, type Drawn, drawnFor, extentOf, pointAt } from "./drawn";
import { Legend } from "./Legend";
import { Plot } from "./Plot";
import { lineOptions } from "./plots";
import type { Span } from "./range";
import { Readout } from "./Readout";

export interface Line {
  key: string;
  name: string;
  drawn: Drawn;
}

interface Props {
  lines: readonly Line[];
  /** As the devices report it. */
  unit: string;
  stepped: boolean;
  span: Span;
  zone: string;
  /** What the chart is of, for screen readers. */
  label: string;
  onZoom: (span: Span) => void;
  onLive: () => void;
}

export function LinePlot({ lines: reported, unit: reportedUnit, stepped, span, zone, label, onZoom, onLive }: Props) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const shownIn = useMemo(() => conversion(reportedUnit, voice.units), [reportedUnit, voice.units]);
  const lines = useMemo(() => reported.map((line) => ({ ...line, drawn: drawnFor(line.drawn, shownIn) })), [reported, shownIn]);
  const { unit } = shownIn;
  const now = useNow();
  const [at, setAt] = useState<number>();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => lines.map((line, color) => ({ ...line, color })).filter(({ key }) => !hidden.has(key)), [lines, hidden]);
  const extent = useMemo(() => extentOf(shown.map(({ drawn }) => drawn)), [shown]);
  const largest = extent === undefined ? 0 : Math.max(Math.abs(extent.lowest), Math.abs(extent.highest));
  const scale = useMemo(() => scaleFor(unit, largest), [unit, largest]);
  const data = useMemo(() => (shown.length === 0 ? ([[]] as uPlot.AlignedData) : uPlot.join(shown.map(({ drawn }) => columnsOf(drawn)))), [shown]);
  const text = (value: number) => scaled(value, unit, scale, voice.locale).text;
  const said = (drawn: Drawn) => {
    const point = at === undefined ? undefined : pointAt(drawn, at);
    return point && (point.estimated ? t("estimated", { value: text(point.value) }) : text(point.value));
  };
  const time = at === undefined ? undefined : moment(at, voice, { zone, now });
  const [only] = lines;
  const told = lines.length > 1 || only === undefined ? time : only && time !== undefined && t("point", { time, value: said(only.drawn) ?? t("notKnown") });
  const rest = extent === undefined ? undefined : t("extent", { low: text(extent.lowest), high: text(extent.highest) });
  const looks = shown.map(({ color }) => ({ color, isQuiet: lines.length > 3 }));
  return (
    <>
      <Readout said={told || undefined} rest={rest} unit={scale.unit} />
      <Plot
        span={span}
        data={data}
        options={lineOptions({ unit, scale, voice, zone }, stepped, looks)}
        optionsKey={`${stepped} ${unit} ${scale.unit} ${voice.locale} ${JSON.stringify(looks)}`}
        {...(shown.length === 1 && shown[0] && { gaps: shown[0].drawn.gaps })}
        zone={zone}
        label={label}
        onZoom={onZoom}
        onLive={onLive}
        onPoint={(index) => {
          const seconds = index === undefined ? undefined : data[0][index];
          setAt(seconds === undefined ? undefined : seconds * 1_000);
        }}
      />
      {lines.length > 1 && <Legend lines={lines} hidden={hidden} onHide={setHidden} said={(line) => said(line.drawn)} />}
    </>
  );
}
