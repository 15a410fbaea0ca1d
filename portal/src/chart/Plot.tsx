// uPlot as a component: it is made anew when its shape changes, given new data otherwise, and follows its width. Drag,
// wheel, fingers and keys choose another span. Loaded only by pages that draw a line or bar chart.
import "uplot/dist/uPlot.min.css";
import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { useTranslations } from "use-intl";
import uPlot from "uplot";
import { type ChartColors, chartColors, useThemeName } from "./colors";
import { keySpan, listen } from "./gestures";
import styles from "./Plot.module.css";
import type { Span } from "./range";

export interface PlotProps {
  span: Span;
  data: uPlot.AlignedData;
  /** Options that depend on the theme; `key` tells when they change. */
  options: (colors: ChartColors) => Partial<uPlot.Options> & { series: uPlot.Series[] };
  optionsKey: string;
  /** Where nothing is known: the ground is darker there. */
  gaps?: readonly Span[];
  zone: string;
  label: string;
  onZoom: (span: Span) => void;
  /** Back to what is now. */
  onLive: () => void;
  /** The column under the pointer, or undefined when it left. */
  onPoint: (index: number | undefined) => void;
}

const HEIGHT = 240;
/** A shorter drag is a slip of the finger. */
const SHORTEST_DRAG_PX = 8;
/** After that a span that was asked for and not given is not waited for any more. */
const GIVEN_WITHIN_MS = 400;

type Newest = { current: Pick<PlotProps, "span" | "data" | "options" | "onZoom" | "onPoint"> & { gaps: readonly Span[] } };

const NONE: readonly Span[] = [];

/** What a gesture shows before its span is the chart's own. */
interface Preview {
  span: Span | undefined;
  isGoingOn: boolean;
}

export function Plot({ span, data, options, optionsKey, gaps = NONE, zone, label, onZoom, onLive, onPoint }: PlotProps) {
  const t = useTranslations("chart");
  const keysId = useId();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const preview = useRef<Preview>({ span: undefined, isGoingOn: false });
  const newest = useRef({ span, data, options, gaps, onZoom, onPoint });
  useEffect(() => {
    newest.current = { span, data, options, gaps, onZoom, onPoint };
  });
  const theme = useThemeName();
  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const made = make(host, zone, newest, preview.current);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
    observer.observe(host);
    const deaf = listen(host, gestureTarget(made, newest, preview.current));
    return () => {
      deaf();
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- both stand for options that are read through `newest`
  }, [zone, optionsKey, theme]);
  useEffect(() => {
    if (!preview.current.isGoingOn) preview.current.span = undefined;
    plot.current?.setData(data, true);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the axis reads the span through `newest`
  }, [data, span.from, span.until]);
  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = keySpan(event.key, span);
    if (wanted === undefined) return;
    event.preventDefault();
    if (wanted === "live") onLive();
    else onZoom(wanted);
  }
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a chart that takes keys has no other role */}
      <div
        ref={place}
        role="application"
        aria-roledescription={t("chart")}
        aria-label={label}
        aria-describedby={keysId}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
        tabIndex={0}
        className={styles.plot}
        onKeyDown={pressed}
      />
      <p id={keysId} className={styles.keys}>{t("keys")}</p>
    </>
  );
}

function gestureTarget(u: uPlot, newest: Newest, preview: Preview) {
  const show = (span: Span | undefined) => {
    preview.span = span;
    const { from, until } = span ?? newest.current.span;
    u.setScale("x", { min: from / 1_000, max: until / 1_000 });
  };
  return {
    span: () => preview.span ?? newest.current.span,
    width: () => u.over.clientWidth,
    instantAt: (clientX: number) => u.posToVal(clientX - u.over.getBoundingClientRect().left, "x") * 1_000,
    preview(span: Span) {
      preview.isGoingOn = true;
      show(span);
    },
    commit(span: Span) {
      preview.isGoingOn = false;
      newest.current.onZoom(span);
      // A span beyond what there is is not given; then the chart stays where it was.
      setTimeout(() => {
        if (!preview.isGoingOn && preview.span !== undefined) show(undefined);
      }, GIVEN_WITHIN_MS);
    },
  };
}

function make(host: HTMLElement, zone: string, newest: Newest, preview: Preview): uPlot {
  const colors = chartColors(host);
  const own = newest.current.options(colors);
  const range = () => {
    const { from, until } = preview.span ?? newest.current.span;
    return [from / 1_000, until / 1_000] as uPlot.Range.MinMax;
  };
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
        drawClear: [(u) => shade(u, newest.current.gaps, colors)],
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

function shade(u: uPlot, gaps: readonly Span[], colors: ChartColors): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.fillStyle = colors.sunk;
  for (const gap of gaps) {
    const from = Math.max(left, u.valToPos(gap.from / 1_000, "x", true));
    const until = Math.min(left + width, u.valToPos(gap.until / 1_000, "x", true));
    if (until > from) u.ctx.fillRect(from, top, until - from, height);
  }
  u.ctx.restore();
}
