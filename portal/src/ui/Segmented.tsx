// A choice among two to five, all seen at once: a time range, a theme. Native radio buttons under the look.
import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import styles from "./Field.module.css";

export interface SegmentedProps<Id extends string> {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  items: readonly { id: Id; label: string; icon?: LucideIcon }[];
}

export function Segmented<Id extends string>({ label, value, onChange, items }: SegmentedProps<Id>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={styles.segments}>
      {items.map(({ id, label: word, icon: Icon }) => (
        <label key={id} className={styles.segment}>
          <input type="radio" className={styles.segmentInput} name={name} checked={id === value} onChange={() => onChange(id)} />
          {Icon && <Icon size={16} aria-hidden />}
          {word}
        </label>
      ))}
    </div>
  );
}
