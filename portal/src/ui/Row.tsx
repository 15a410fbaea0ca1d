// One line of a card of settings, people or keys: a name, a word about it, and its control.
import type { ReactNode } from "react";
import styles from "./Row.module.css";

export function Row({ name, detail, children }: { name: ReactNode; detail?: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <div className={styles.name}>{name}</div>
        {detail && <div className={styles.detail}>{detail}</div>}
      </div>
      {children}
    </div>
  );
}
