// How far long work has come; without a value, only that it goes on.
import { Label } from "react-aria-components/Label";
import { ProgressBar } from "react-aria-components/ProgressBar";
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
  const endless = value === undefined;
  return (
    <ProgressBar isIndeterminate={endless} value={value ?? 0} maxValue={max} {...(valueLabel && { valueLabel })} className={styles.progress ?? ""}>
      {({ percentage, valueText }) => (
        <>
          <div className={styles.words}>
            <Label>{label}</Label>
            {!endless && <span className={styles.value}>{valueText}</span>}
          </div>
          <div className={styles.track}>
            <div className={classes(styles.fill, endless && styles.endless)} style={endless ? undefined : { width: `${percentage ?? 0}%` }} />
          </div>
        </>
      )}
    </ProgressBar>
  );
}
