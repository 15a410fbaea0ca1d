// A titled part of a page; `Card` is the ground that its content may lie on.
import { type ReactNode, useId } from "react";
import { classes } from "./classes";
import styles from "./Section.module.css";

export interface SectionProps {
  title: string;
  count?: number;
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ title, count, action, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <div className={styles.heading}>
        <h2 id={id} className={styles.title}>
          {title}
          {count !== undefined && <span className={styles.count}>{count}</span>}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}

/** `flush` lets a list or table reach the card's edges. */
export function Card({ flush = false, children }: { flush?: boolean; children: ReactNode }) {
  return <div className={classes(styles.card, flush && styles.flush)}>{children}</div>;
}
