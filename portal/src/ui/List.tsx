// Rows of things to go to: an icon, a title that is the link, a word about it, and something at the end.
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./List.module.css";
import { Card } from "./Section";
import type { Tone } from "./tone";

export function List({ children }: { children: ReactNode }) {
  return (
    <Card flush>
      <ul>{children}</ul>
    </Card>
  );
}

export interface ListRowProps {
  icon: LucideIcon;
  tone?: Tone | undefined;
  /** A router `<Link>`, which then covers the row, or words. */
  title: ReactNode;
  detail?: ReactNode;
  end?: ReactNode;
}

export function ListRow({ icon: Icon, tone, title, detail, end }: ListRowProps) {
  return (
    <li className={styles.row}>
      <span className={classes(styles.icon, tone && styles[tone])}>
        <Icon size={18} aria-hidden />
      </span>
      <div>
        <p className={styles.title}>{title}</p>
        {detail && <p className={styles.detail}>{detail}</p>}
      </div>
      {end && <div className={styles.end}>{end}</div>}
    </li>
  );
}
