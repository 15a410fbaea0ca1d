// The line above a chart: what the pointer is on, else the whole in one figure; and the unit of the axis.
import styles from "./Readout.module.css";

export function Readout({ said, rest, unit }: { said: string | undefined; rest: string | undefined; unit: string }) {
  return (
    <p className={styles.readout}>
      <span className={styles.unit}>{unit}</span>
      <span className={said === undefined ? styles.rest : undefined}>{said ?? rest}</span>
    </p>
  );
}
