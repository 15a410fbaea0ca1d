// The two kinds of plot as uPlot options: a mean with its band, and bars for a counter.
import { numberFormat } from "../format/formatters";
import uPlot from "uplot";
import type { Voice } from "../format/say";
import type { scaleFor } from "../format/quantity";
import type { ChartColors } from "./colors";
import { valueRange } from "./lines";
import { tickLabel } from "./ticks";

interface Look {
  /** As the device reports it. */
  unit: string;
  scale: ReturnType<typeof scaleFor>;
  voice: Voice;
  zone: string;
}

export type PlotOptions = Partial<uPlot.Options> & { series: uPlot.Series[] };

const FONT = '12px "Inter", system-ui, sans-serif';
const DASH = [5, 4];

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

/** A point without neighbours would not be seen as a line. */
function loners(u: uPlot, series: number): number[] {
  const values = u.data[series] ?? [];
  const found: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    if (values[index] == null) continue;
    if (values[index - 1] == null && values[index + 1] == null) found.push(index);
  }
  return found;
}

/** Columns: time, least, most, measured mean, estimated mean. */
export function lineOptions(look: Look, stepped: boolean): (colors: ChartColors) => PlotOptions {
  return (colors) => {
    const paths = stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};
    const line = {
      stroke: colors.line, width: 1.75, ...paths,
      points: { show: true, size: 5, fill: colors.line, filter: (u: uPlot, series: number) => loners(u, series) },
    };
    const edge = { stroke: "transparent", width: 0, points: { show: false }, ...paths };
    return {
      axes: axes(look, colors),
      scales: { y: { range: (_, low, high) => valueRange(low, high, look.unit) } },
      bands: stepped ? [] : [{ series: [2, 1], fill: colors.band }],
      series: [{}, edge, edge, line, { ...line, dash: DASH }],
    };
  };
}

/** Columns: time, measured, estimated. */
export function barOptions(look: Look): (colors: ChartColors) => PlotOptions {
  return (colors) => {
    const paths = uPlot.paths.bars?.({ size: [0.72, 72], radius: 0.12 });
    const bar = { width: 0, points: { show: false }, fill: colors.line, stroke: colors.line, ...(paths && { paths }) };
    return {
      axes: axes(look, colors),
      scales: { y: { range: (_, __, high) => [0, high > 0 ? high * 1.1 : 1] } },
      series: [{}, bar, { ...bar, fill: hatch(colors), stroke: colors.line, width: 1 }],
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
