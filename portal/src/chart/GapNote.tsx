// Where nothing was reported, in words: a hole in a line says it to eyes only.
import { useTranslations } from "use-intl";
import { duration } from "../format/age";
import { moment } from "../format/moment";
import { useVoice } from "../format/voice";
import { useNow } from "../ui/now";
import styles from "./HistoryPanel.module.css";
import type { Span } from "./range";

const MOST_TOLD = 3;

export function GapNote({ gaps, zone }: { gaps: readonly Span[]; zone: string }) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const now = useNow();
  if (gaps.length === 0) return null;
  const longest = gaps.toSorted((a, b) => b.until - b.from - (a.until - a.from)).slice(0, MOST_TOLD);
  const told = longest
    .toSorted((a, b) => a.from - b.from)
    .map(({ from, until }) =>
      t("gap", { from: moment(from, voice, { zone, now }), until: moment(until, voice, { zone, now }), span: duration(until - from, voice.say) }),
    );
  const rest = gaps.length - told.length;
  return (
    <p className={styles.gaps}>
      {t("gaps", { list: told.join("; ") })}
      {rest > 0 && ` ${t("gapsMore", { count: rest })}`}
    </p>
  );
}
