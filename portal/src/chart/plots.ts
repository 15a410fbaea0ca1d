// The two kinds of plot as uPlot options: a mean with its band, and bars for a counter.
import { numberFormat } from "../format/formatters";
import uPlot from "uplot";
import type { Voice } from "../format/say";
import type { scaleFor } from "../format/quantity";
import { type ChartColors, SERIES_COLORS } from "./colors";
import { valueRange } from "./lines";
import { tickLabel } from "./ticks";

interface Look {
  /** As it is shown. */
  unit: string;
  scale: ReturnType<typeof scaleFor>;
  voice: Voice;
  zone: string;
}

export type PlotOptions = Partial<uPlot.Options> & { series: uPlot.Series[] };

const FONT = '12px "Inter", system-ui, sans-serif';
const DASH = [5, 4];
const LONG_DASH = [12, 4];

function axes({ scale, voice, zone }: Look, colors: ChartColors): uPlot.Axis[] {
  const shared = { stroke: colors.text, font: FONT, grid: { stroke: colors.grid, width: 1 }, ticks: { show: false } };
  return [
    {
      ...shared,
      grid: { show: false },
      size: 28,
      space: 70,
      values: (u, splits, __, ___, incr) => splits.map((at) => (isCut(u, at) ? "" : tickLabel(at * 1_000, incr * 1_000, voice, zone))),
    },
    {
      ...shared,
      size: 56,
      space: 36,
      values: (_, splits) => splits.map((value) => axisNumber(value, scale, voice.locale)),
    },
  ];
}

/** Half of a label's width: closer to the right edge it would be cut off. */
const HALF_LABEL_PX = 26;

function isCut(u: uPlot, at: number): boolean {
  const { min, max } = u.scales["x"] ?? {};
  return min != null && max != null && ((max - at) / (max - min)) * u.width < HALF_LABEL_PX - 8;
}

/** Whole numbers where they are whole: an axis is read by its steps. */
function axisNumber(value: number, scale: Look["scale"], locale: string): string {
  return numberFormat(locale, { maximumFractionDigits: 2 }).format(value * scale.factor);
}

/** A point without neighbours would not be seen as a line. Undefined is another line's instant, null is a gap. */
function loners(u: uPlot, series: number): number[] {
  const own = (u.data[series] ?? []) as (number | null | undefined)[];
  const told = own.flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
  return told.flatMap(({ value, index }, nth) => (value !== null && told[nth - 1]?.value == null && told[nth + 1]?.value == null ? [index] : []));
}

/** Of each line two series: what was measured, and what was estimated, dashed. */
export function lineOptions(look: Look, stepped: boolean, lines: readonly { color: number; isQuiet: boolean }[]): (colors: ChartColors) => PlotOptions {
  return (colors) => {
    const paths = stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};
    const series = lines.flatMap(({ color, isQuiet }) => {
      const stroke = colors.series[color % SERIES_COLORS] ?? colors.line;
      const line = {
        stroke, width: isQuiet ? 1.25 : 1.75, ...paths,
        ...(color >= SERIES_COLORS && { dash: LONG_DASH }),
        points: { show: true, size: 5, fill: stroke, filter: (u: uPlot, nth: number) => loners(u, nth) },
      };
      return [line, { ...line, dash: DASH }];
    });
    return {
      axes: axes(look, colors),
      scales: { y: { range: (_, low, high) => valueRange(low, high, look.unit) } },
      series: [{}, ...series],
    };
  };
}

/** Columns: time, measured, estimated, and where something is compared, that as an outline. */
export function barOptions(look: Look, compared: boolean): (colors: ChartColors) => PlotOptions {
  return (colors) => {
    const paths = uPlot.paths.bars?.({ size: [0.72, 72], radius: 0.12 });
    const bar = { width: 0, points: { show: false }, fill: colors.line, stroke: colors.line, ...(paths && { paths }) };
    return {
      axes: axes(look, colors),
      scales: { y: { range: (_, __, high) => [0, high > 0 ? high * 1.1 : 1] } },
      series: [
        {},
        bar,
        { ...bar, fill: hatch(colors), stroke: colors.line, width: 1 },
        ...(compared ? [{ ...bar, fill: "transparent", stroke: colors.series[1] ?? colors.line, width: 2 }] : []),
      ],
    };
  };
}

/** Estimated amounts are hatched. */
function hatch(colors: ChartColors): () => CanvasPattern | string {
  const size = 8;
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  if (context === null) return () => colors.band;
  context.fillStyle = colors.band;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = colors.line;
  context.lineWidth = 2;
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
  }
  context.stroke();
  return () => context.createPattern(canvas, "repeat") ?? colors.band;
}
