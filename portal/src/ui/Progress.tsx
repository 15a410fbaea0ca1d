// How far long work has come; without a value, only that it goes on.
import { numberFormat } from "../format/formatters";
import { useId } from "react";
import { useVoice } from "../format/voice";
import { classes } from "./classes";
import styles from "./Progress.module.css";

export interface ProgressProps {
  label: string;
  /** From 0 to `max`; left out while nobody knows. */
  value?: number;
  max?: number;
  /** In words, in place of a percentage: "120 of 400". */
  valueLabel?: string;
}

export function Progress({ label, value, max = 100, valueLabel }: ProgressProps) {
  const id = useId();
  const { locale } = useVoice();
  const part = value === undefined ? undefined : Math.min(1, Math.max(0, value / max));
  const words = part === undefined ? undefined : (valueLabel ?? numberFormat(locale, { style: "percent" }).format(part));
  const values = part === undefined ? {} : { "aria-valuenow": value, "aria-valuetext": words };
  return (
    <div className={styles.progress}>
      <div className={styles.words}>
        <span id={id}>{label}</span>
        {words !== undefined && <span className={styles.value}>{words}</span>}
      </div>
      <div role="progressbar" aria-labelledby={id} aria-valuemin={0} aria-valuemax={max} {...values} className={styles.track}>
        <div className={classes(styles.fill, part === undefined && styles.endless)} style={part === undefined ? undefined : { width: `${part * 100}%` }} />
      </div>
    </div>
  );
}
