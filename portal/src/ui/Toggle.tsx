// An on/off switch. `isSelected` is what the device reported; `pending` says that something else was asked for.
import type { ReactNode } from "react";
import { Switch, type SwitchProps } from "react-aria-components/Switch";
import { classes } from "./classes";
import styles from "./Toggle.module.css";

export interface ToggleProps extends Omit<SwitchProps, "className" | "style" | "children"> {
  /** Shown beside it; without, give `aria-label`. */
  children?: ReactNode;
  pending?: boolean;
}

export function Toggle({ children, pending = false, ...rest }: ToggleProps) {
  return (
    <Switch {...rest} aria-busy={pending} className={classes(styles.toggle, pending && styles.pending)}>
      <span className={styles.track}>
        <span className={styles.thumb} />
      </span>
      {children}
    </Switch>
  );
}
