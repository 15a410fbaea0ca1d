// An on/off switch. `isSelected` is what the device reported; `pending` says that something else was asked for.
import type { AriaAttributes, ReactNode } from "react";
import { classes } from "./classes";
import styles from "./Toggle.module.css";

export interface ToggleProps extends Pick<AriaAttributes, "aria-label" | "aria-labelledby" | "aria-describedby"> {
  isSelected: boolean;
  onChange?: (selected: boolean) => void;
  isDisabled?: boolean;
  pending?: boolean;
  /** Shown beside it; without, give `aria-label`. */
  children?: ReactNode;
}

export function Toggle({ isSelected, onChange, isDisabled = false, pending = false, children, ...aria }: ToggleProps) {
  return (
    <label className={classes(styles.toggle, pending && styles.pending)}>
      <input
        {...aria}
        type="checkbox"
        role="switch"
        aria-checked={isSelected}
        className={styles.input}
        checked={isSelected}
        disabled={isDisabled}
        aria-busy={pending}
        onChange={({ target }) => onChange?.(target.checked)}
      />
      <span className={styles.track}>
        <span className={styles.thumb} />
      </span>
      {children}
    </label>
  );
}
