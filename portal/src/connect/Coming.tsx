// Room for what is coming: laid out as what most likely comes, so that nothing jumps when it is there.
import type { ReactNode } from "react";
import styles from "./Connect.module.css";

/** What it holds is neither seen, reached nor read out; `label` says instead that it is loading. */
export function Coming({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="status" aria-label={label} className={styles.coming}>
      {children}
    </div>
  );
}
