// uPlot as a component: it is made anew when its shape changes, given new data otherwise, and follows its width.
// Loaded only by pages that draw a line or bar chart.
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { type ChartColors, chartColors, useThemeName } from "./colors";
import styles from "./Plot.module.css";
import type { Span } from "./range";

export interface PlotProps {
  span: Span;
  data: uPlot.AlignedData;
  /** Options that depend on the theme; `key` tells when they change. */
  options: (colors: ChartColors) => Partial<uPlot.Options> & { series: uPlot.Series[] };
  optionsKey: string;
  zone: string;
  label: string;
  onZoom: (span: Span) => void;
  /** The column under the pointer, or undefined when it left. */
  onPoint: (index: number | undefined) => void;
}

const HEIGHT = 240;
/** A shorter drag is a slip of the finger. */
const SHORTEST_DRAG_PX = 8;

export function Plot({ span, data, options, optionsKey, zone, label, onZoom, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef({ span, data, options, onZoom, onPoint });
  useEffect(() => {
    newest.current = { span, data, options, onZoom, onPoint };
  });
  const theme = useThemeName();
  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const made = make(host, zone, newest);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- both stand for options that are read through `newest`
  }, [zone, optionsKey, theme]);
  useEffect(() => {
    plot.current?.setData(data, true);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the axis reads the span through `newest`
  }, [data, span.from, span.until]);
  return <div ref={place} role="img" aria-label={label} className={styles.plot} />;
}

type Newest = { current: Pick<PlotProps, "span" | "data" | "options" | "onZoom" | "onPoint"> };

function make(host: HTMLElement, zone: string, newest: Newest): uPlot {
  const colors = chartColors(host);
  const own = newest.current.options(colors);
  const range = () => [newest.current.span.from / 1_000, newest.current.span.until / 1_000] as uPlot.Range.MinMax;
  return new uPlot(
    {
      width: host.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
      ...own,
      scales: { ...own.scales, x: { time: true, range } },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7 }, ...own.cursor },
      hooks: {
        setCursor: [(u) => newest.current.onPoint(u.cursor.idx ?? undefined)],
        setSelect: [
          (u) => {
            if (u.select.width < SHORTEST_DRAG_PX) return;
            const at = (left: number) => u.posToVal(left, "x") * 1_000;
            newest.current.onZoom({ from: at(u.select.left), until: at(u.select.left + u.select.width) });
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          },
        ],
      },
    },
    newest.current.data,
    host,
  );
}
