// A small word beside a name: a role, a kind, a tag. For states use `Status`.
import type { ReactNode } from "react";
import styles from "./Badge.module.css";
import { classes } from "./classes";

export function Badge({ accent = false, children }: { accent?: boolean; children: ReactNode }) {
  return <span className={classes(styles.badge, accent && styles.accent)}>{children}</span>;
}
