// Names and values of one thing: its model, its zone, when it was made.
import type { ReactNode } from "react";
import { Fragment } from "react";
import styles from "./Facts.module.css";

export function Facts({ items }: { items: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className={styles.facts}>
      {items.map(({ name, value }) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
