// Which line is whose, and what each said where the pointer is. A press hides a line or shows it again.
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes";
import { SERIES_COLORS } from "./colors";
import styles from "./Legend.module.css";
import type { Line } from "./LinePlot";

interface Props {
  lines: readonly Line[];
  hidden: ReadonlySet<string>;
  onHide: (hidden: ReadonlySet<string>) => void;
  said: (line: Line) => string | undefined;
}

export function Legend({ lines, hidden, onHide, said }: Props) {
  const t = useTranslations("chart");
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    onHide(next);
  };
  return (
    <ul className={styles.legend} aria-label={t("legend")}>
      {lines.map((line, index) => (
        <li key={line.key}>
          <button type="button" aria-pressed={!hidden.has(line.key)} className={styles.entry} onClick={() => toggle(line.key)}>
            <span
              aria-hidden
              className={classes(styles.swatch, index >= SERIES_COLORS && styles.dashed)}
              style={{ borderTopColor: hidden.has(line.key) ? "var(--line-strong)" : `var(--series-${(index % SERIES_COLORS) + 1})` }}
            />
            <span className={styles.name}>{line.name}</span>
            <span className={styles.value}>{hidden.has(line.key) ? "" : (said(line) ?? "")}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
