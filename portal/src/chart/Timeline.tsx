// A state over time as bands: on and off, locked and unlocked; with another one below it where they are compared. What
// is not known is hatched; dragging zooms.
import { type PointerEvent, useMemo, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { duration } from "../format/age";
import { moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { toneOf, type TwoState, type Value, valueText } from "../format/wording";
import { classes } from "../ui/classes";
import { useNow } from "../ui/now";
import { type Band, shares } from "./bands";
import type { Span } from "./range";
import { Readout } from "./Readout";
import { ticksOf, tickLabel } from "./ticks";
import styles from "./Timeline.module.css";

export interface Track {
  key: string;
  name: string;
  /** On the time of the axis. */
  bands: readonly Band[];
  twoState: TwoState;
  /** From its own time to that of the axis. */
  shiftMs: number;
}

interface Props {
  /** One, or two that are compared. */
  tracks: readonly Track[];
  attribute: string;
  span: Span;
  zone: string;
  name: string;
  onZoom: (span: Span) => void;
}

const MOST_TICKS = 5;
/** In shares of the width; a shorter drag is a slip of the finger. */
const SHORTEST_DRAG = 0.01;
/** Narrower bands have no room for their word. */
const WORD_SHARE = 0.1;

export function Timeline({ tracks, attribute, span, zone, name, onZoom }: Props) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const now = useNow();
  const [pointed, setPointed] = useState<{ track: Track; band: Band }>();
  const length = span.until - span.from;
  const share = (ms: number) => `${(ms / length) * 100}%`;
  const ticks = useMemo(() => ticksOf(span, zone, MOST_TICKS), [span, zone]);
  const drag = useDragZoom(span, onZoom);
  const isCompared = tracks.length > 1;
  const word = ({ twoState }: Track, value: Value | undefined) => (value === undefined ? t("notKnown") : valueText(attribute, value, voice, { twoState }));
  function told({ track, band }: { track: Track; band: Band }): string {
    const said = t(band.mixed ? "bandMixed" : "band", {
      value: word(track, band.value),
      from: moment(band.from - track.shiftMs, voice, { zone, now }),
      until: moment(band.until - track.shiftMs, voice, { zone, now }),
      span: duration(band.until - band.from, voice.say),
    });
    return isCompared ? t("bandOf", { name: track.name, band: said }) : said;
  }
  return (
    <div>
      <Readout said={pointed && told(pointed)} rest={undefined} unit="" />
      {tracks.map((track) => (
        <div key={track.key} className={styles.row}>
          {isCompared && (
            <div className={styles.head}>
              <p className={styles.name}>{track.name}</p>
              <Shares track={track} attribute={attribute} word={word} />
            </div>
          )}
          <div role="img" aria-label={t("bandsOf", { name: isCompared ? `${name}, ${track.name}` : name })} className={styles.track} {...drag.handlers}>
            {track.bands.map((band) => (
              <div
                key={`${band.from} ${band.mixed}`}
                className={classes(styles.band, styles[tone(band, attribute, track.twoState)], band.estimated && styles.estimated, band.mixed && styles.mixed)}
                style={{ left: share(band.from - span.from), width: share(band.until - band.from) }}
                onPointerEnter={() => setPointed({ track, band })}
                onPointerLeave={() => setPointed(undefined)}
              >
                {(band.until - band.from) / length > WORD_SHARE && <span className={styles.word}>{word(track, band.value)}</span>}
              </div>
            ))}
            {drag.selected && <div className={styles.selected} style={drag.selected} />}
          </div>
        </div>
      ))}
      <div className={styles.axis} aria-hidden>
        {ticks.at.map((at) => (
          <span key={at} style={{ left: share(at - span.from) }}>{tickLabel(at, ticks.stepMs, voice, zone)}</span>
        ))}
      </div>
      {!isCompared && tracks.map((track) => <Shares key={track.key} track={track} attribute={attribute} word={word} />)}
    </div>
  );
}

/** How long each state held, in all. */
function Shares({ track, attribute, word }: { track: Track; attribute: string; word: (track: Track, value: Value) => string }) {
  const t = useTranslations("chart");
  const { say } = useVoice();
  return (
    <ul className={styles.shares}>
      {shares(track.bands).map(({ value, ms }) => (
        <li key={String(value)}>
          <span className={classes(styles.dot, styles[tone({ value }, attribute, track.twoState)])} aria-hidden />
          {t("share", { value: word(track, value), span: duration(ms, say) })}
        </li>
      ))}
    </ul>
  );
}

function tone(band: { value: Value | undefined }, attribute: string, twoState: TwoState): string {
  if (band.value === undefined) return "none";
  const found = toneOf(attribute, band.value, twoState);
  // An amount or a mode is neither good nor bad; "off" must still differ from it.
  if (found === "neutral") return band.value === false || band.value === "Off" || band.value === "Idle" ? "off" : "plain";
  return found;
}

/** Where the pointer is along the track, from 0 to 1. */
function place(event: PointerEvent<HTMLElement>): number {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
}

/** Dragging along the track chooses a span; it is zoomed to when the pointer is let go. */
function useDragZoom(span: Span, onZoom: (span: Span) => void) {
  const from = useRef<number>(undefined);
  const [range, setRange] = useState<[number, number]>();
  const handlers = {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.pointerType === "touch") return;
      event.currentTarget.setPointerCapture(event.pointerId);
      from.current = place(event);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      if (from.current === undefined) return;
      const at = place(event);
      setRange([Math.min(from.current, at), Math.max(from.current, at)]);
    },
    onPointerUp() {
      const [start, end] = range ?? [0, 0];
      from.current = undefined;
      setRange(undefined);
      const length = span.until - span.from;
      if (end - start > SHORTEST_DRAG) onZoom({ from: span.from + start * length, until: span.from + end * length });
    },
  };
  const selected = range && { left: `${range[0] * 100}%`, width: `${(range[1] - range[0]) * 100}%` };
  return { handlers, selected };
}
