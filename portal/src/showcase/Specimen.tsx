// The frame around what is shown: a group of components, and one of them with its name.
import type { ReactNode } from "react";
import styles from "./Showcase.module.css";

export function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.group}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** `name` is the component's own, as in the code, and the same in every language. */
export function Specimen({ name, columns = false, block = false, children }: { name: string; columns?: boolean; block?: boolean; children: ReactNode }) {
  return (
    <div className={styles.specimen} data-specimen={name}>
      <h3>{name}</h3>
      {block ? children : <div className={columns ? styles.columns : styles.row}>{children}</div>}
    </div>
  );
}
