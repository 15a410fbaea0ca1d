// Where there is nothing yet: what this is, why it is empty, and the one button that fills it.
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./Notice.module.css";

export interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  why: ReactNode;
  action?: ReactNode;
  /** Without a frame, inside a card. */
  plain?: boolean;
}

export function EmptyState({ icon: Icon, title, why, action, plain = false }: EmptyStateProps) {
  return (
    <div className={classes(styles.notice, plain && styles.plain)}>
      <span className={styles.icon}>
        <Icon size={24} aria-hidden />
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.text}>{why}</p>
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}
