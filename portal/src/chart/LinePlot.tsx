// A measurement over time: mean with its band, gaps as gaps, estimated stretches dashed, and what the pointer is on.
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { moment } from "../format/moment";
import { scaled, scaleFor } from "../format/quantity";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";
import type { History } from "./history";
import { extentOf, type LineColumns } from "./lines";
import { Plot } from "./Plot";
import { lineOptions } from "./plots";
import type { Span } from "./range";
import { Readout } from "./Readout";

interface Props {
  history: History;
  columns: LineColumns;
  stepped: boolean;
  span: Span;
  name: string;
  onZoom: (span: Span) => void;
}

export function LinePlot({ history, columns, stepped, span, name, onZoom }: Props) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const now = useNow();
  const [point, setPoint] = useState<number>();
  const unit = history.unit ?? "";
  const extent = extentOf(columns);
  const largest = extent === undefined ? 0 : Math.max(Math.abs(extent.lowest), Math.abs(extent.highest));
  const scale = useMemo(() => scaleFor(unit, largest), [unit, largest]);
  const data = useMemo(
    () => [columns.time, columns.min, columns.max, columns.measured, columns.estimated] as [number[], ...(number | null)[][]],
    [columns],
  );
  const text = (value: number) => scaled(value, unit, scale, voice.locale).text;
  const said = () => {
    if (point === undefined) return undefined;
    const [at, low, high] = [columns.time[point], columns.min[point], columns.max[point]];
    const mean = columns.measured[point] ?? columns.estimated[point];
    if (at === undefined || mean === null || mean === undefined) return undefined;
    const value = columns.measured[point] === null ? t("estimated", { value: text(mean) }) : text(mean);
    const time = moment(at * 1_000, voice, { zone: history.zone, now });
    return low === high || low == null || high == null
      ? t("point", { time, value })
      : t("pointBand", { time, value, low: text(low), high: text(high) });
  };
  const rest = extent === undefined ? undefined : t("extent", { low: text(extent.lowest), high: text(extent.highest) });
  return (
    <>
      <Readout said={said()} rest={rest} unit={scale.unit} />
      <Plot
        span={span}
        data={data}
        options={lineOptions({ unit, scale, voice, zone: history.zone }, stepped)}
        optionsKey={`${stepped} ${unit} ${scale.unit} ${voice.locale}`}
        zone={history.zone}
        label={t("lineOf", { name })}
        onZoom={onZoom}
        onPoint={setPoint}
      />
    </>
  );
}
