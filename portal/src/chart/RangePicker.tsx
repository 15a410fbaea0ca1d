// The span of a chart: presets that end now, dates of one's own, and buttons to walk and zoom for those who do not drag.
import { CalendarDays, ChevronLeft, ChevronRight, Radio, ZoomIn, ZoomOut } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { Button, IconButton } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { useNow } from "../ui/now";
import { Segmented } from "../ui/Segmented";
import { TextField } from "../ui/TextField";
import styles from "./HistoryPanel.module.css";
import { daysOf, endsNow, livePreset, type Move, moved, PRESETS, type Range, rangeOfDays, type Span } from "./range";

interface Props {
  range: Range;
  span: Span;
  zone: string;
  onChange: (range: Range) => void;
}

const MOVES: readonly { move: Move; icon: typeof ZoomIn }[] = [
  { move: "earlier", icon: ChevronLeft },
  { move: "later", icon: ChevronRight },
  { move: "in", icon: ZoomIn },
  { move: "out", icon: ZoomOut },
];

export function RangePicker({ range, span, zone, onChange }: Props) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const now = useNow();
  const [isOpen, setOpen] = useState(false);
  const chosen = "preset" in range ? range.preset : "custom";
  const items = [...PRESETS, "custom" as const].map((id) => ({ id, label: t(`preset.${id}`) }));
  return (
    <div className={styles.picker}>
      <Segmented
        label={t("range")}
        value={chosen}
        items={items}
        onChange={(id) => (id === "custom" ? setOpen(true) : onChange({ preset: id }))}
      />
      <span className={styles.moves} role="group" aria-label={t("move.label")}>
        {MOVES.map(({ move, icon }) => (
          <IconButton
            key={move}
            size="small"
            icon={icon}
            label={t(`move.${move}`)}
            isDisabled={move === "later" && endsNow(span, now)}
            onPress={() => onChange(moved(span, move, now))}
          />
        ))}
      </span>
      {chosen === "custom" && (
        <Button size="small" icon={Radio} onPress={() => onChange({ preset: livePreset(span) })}>
          {t("live")}
        </Button>
      )}
      {chosen === "custom" && (
        <Button size="small" variant="quiet" icon={CalendarDays} onPress={() => setOpen(true)}>
          {t("from", { from: moment(span.from, { ...voice, zone }, { zone, now }), until: moment(span.until, voice, { zone, now }) })}
        </Button>
      )}
      <Dialog title={t("dates.title")} isOpen={isOpen} onOpenChange={setOpen}>
        <Dates span={span} zone={zone} now={now} onChange={(next) => { setOpen(false); onChange(next); }} />
      </Dialog>
    </div>
  );
}

function Dates({ span, zone, now, onChange }: { span: Span; zone: string; now: number; onChange: (range: Range) => void }) {
  const t = useTranslations("chart");
  const [days, setDays] = useState(() => daysOf(span, zone));
  const range = rangeOfDays(days.first, days.last, zone, now);
  return (
    <form
      className={styles.dates}
      onSubmit={(event) => {
        event.preventDefault();
        if (range !== undefined) onChange(range);
      }}
    >
      <TextField label={t("dates.first")} type="date" value={days.first} onChange={(first) => setDays({ ...days, first })} />
      <TextField
        label={t("dates.last")}
        type="date"
        value={days.last}
        onChange={(last) => setDays({ ...days, last })}
        {...(range === undefined && { error: t("dates.wrong") })}
      />
      <DialogActions>
        <Button type="submit" variant="primary" isDisabled={range === undefined}>{t("dates.show")}</Button>
      </DialogActions>
    </form>
  );
}
