// What a counter rose by in each hour or day, estimated amounts hatched, and the sum of what is seen.
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { clock, dayName } from "../format/moment";
import { scaled, scaleFor } from "../format/quantity";
import { conversion } from "../format/units";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";
import { type Bar, barColumns, barsFor, total } from "./bars";
import { BarLegend } from "./BarLegend";
import { Plot } from "./Plot";
import { barOptions } from "./plots";
import type { BarStep, Span } from "./range";
import { Readout } from "./Readout";

interface Props {
  bars: readonly Bar[];
  /** As the counter reports it. */
  unit: string;
  zone: string;
  step: BarStep;
  span: Span;
  name: string;
  onZoom: (span: Span) => void;
  onLive: () => void;
  /** What each bar is compared with, as an outline. */
  beside?: { name: string; own: string; values: (number | undefined)[] };
}

export function BarPlot({ bars: reported, unit: reportedUnit, zone, step, span, name, onZoom, onLive, beside }: Props) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const shownIn = useMemo(() => conversion(reportedUnit, voice.units), [reportedUnit, voice.units]);
  const { unit } = shownIn;
  const bars = useMemo(() => barsFor(reported, shownIn), [reported, shownIn]);
  const others = beside?.values;
  const besides = useMemo(() => others?.map((value) => (value === undefined ? undefined : shownIn.of(value))), [others, shownIn]);
  const now = useNow();
  const [point, setPoint] = useState<number>();
  const highest = Math.max(0, ...bars.map((bar) => bar.value), ...(besides ?? []).map((value) => value ?? 0));
  const scale = useMemo(() => scaleFor(unit, highest), [unit, highest]);
  const columns = useMemo(() => barColumns(bars), [bars]);
  const data = useMemo(
    () => [columns.time, columns.measured, columns.estimated, ...(besides ? [besides.map((value) => value ?? null)] : [])] as [number[], ...(number | null)[][]],
    [columns, besides],
  );
  const sum = total(bars);
  const bar = point === undefined ? undefined : bars[point];
  const against = point === undefined ? undefined : besides?.[point];
  const said = bar === undefined ? undefined : t("point", { time: period(bar), value: valueOf(bar) }) + (against === undefined ? "" : t("against", { name: beside?.name ?? "", value: scaled(against, unit, scale, voice.locale).text }));

  function period({ from, until }: Bar): string {
    const day = dayName(from, voice, { zone, now });
    if (step === "hour") return t("hours", { day, from: clock(from, voice, zone), until: clock(until, voice, zone) });
    return step === "day" ? day : t("days", { from: day, until: dayName(until - 1, voice, { zone, now }) });
  }

  function valueOf({ value, estimated, open }: Bar): string {
    const text = scaled(value, unit, scale, voice.locale).text;
    if (estimated) return t("estimated", { value: text });
    return open ? t("soFar", { value: text }) : text;
  }

  return (
    <>
      <Readout said={said} rest={t("total", { value: scaled(sum, unit, scaleFor(unit, sum), voice.locale).text })} unit={scale.unit} />
      <Plot
        span={span}
        data={data}
        options={barOptions({ unit, scale, voice, zone }, beside !== undefined)}
        optionsKey={`${unit} ${scale.unit} ${voice.locale} ${beside !== undefined}`}
        zone={zone}
        label={t("barsOf", { name })}
        onZoom={onZoom}
        onLive={onLive}
        onPoint={setPoint}
      />
      {beside && <BarLegend own={beside.own} other={beside.name} />}
    </>
  );
}
