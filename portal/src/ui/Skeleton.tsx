// The shape of what is coming, while it comes. Say what is loading once, with `label`, on the outermost one.
import { Card } from "./Section";
import { classes } from "./classes";
import styles from "./Skeleton.module.css";

export interface SkeletonProps {
  width?: number | string;
  height?: number | string;
  round?: boolean;
}

export function Skeleton({ width = "100%", height = 14, round = false }: SkeletonProps) {
  return <span aria-hidden className={classes(styles.bone, round && styles.round)} style={{ width, height }} />;
}

/** Uneven widths, so that the shape reads as text; fixed, so that it never jumps. */
const WIDTHS = ["62%", "48%", "71%", "55%", "66%", "43%"];

interface ListProps {
  count: number;
  label: string;
}

export function SkeletonTiles({ count, label }: ListProps) {
  return (
    <div role="status" aria-label={label} className={styles.tiles}>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={styles.tile}>
          <Skeleton width={40} height={40} />
          <div className={styles.lines}>
            <Skeleton width={WIDTHS[index % WIDTHS.length] ?? "60%"} />
            <Skeleton width="32%" height={12} />
          </div>
        </div>
      ))}
    </div>
  );
}

export function SkeletonRows({ count, label }: ListProps) {
  return (
    <div role="status" aria-label={label}>
      <Card flush>
        {Array.from({ length: count }, (_, index) => (
          <div key={index} className={styles.row}>
            <Skeleton width={WIDTHS[index % WIDTHS.length] ?? "60%"} />
            <Skeleton width={72} />
          </div>
        ))}
      </Card>
    </div>
  );
}
