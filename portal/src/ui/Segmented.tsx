// A choice among two to five, all seen at once: a time range, a theme.
import type { LucideIcon } from "lucide-react";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import styles from "./Field.module.css";

export interface SegmentedProps<Id extends string> {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  items: readonly { id: Id; label: string; icon?: LucideIcon }[];
}

export function Segmented<Id extends string>({ label, value, onChange, items }: SegmentedProps<Id>) {
  function change(next: string): void {
    const item = items.find(({ id }) => id === next);
    if (item) onChange(item.id);
  }
  return (
    <RadioGroup aria-label={label} value={value} onChange={change} orientation="horizontal" className={styles.segments ?? ""}>
      {items.map(({ id, label: word, icon: Icon }) => (
        <Radio key={id} value={id} className={styles.segment ?? ""}>
          {Icon && <Icon size={16} aria-hidden />}
          {word}
        </Radio>
      ))}
    </RadioGroup>
  );
}
