// One choice out of a list that folds away: the browser's own, which phones show best and everybody knows.
import { ChevronDown } from "lucide-react";
import { useTranslations } from "use-intl";
import styles from "./Field.module.css";
import { Field, type FieldLook } from "./FieldParts";

export interface SelectItem<Id extends string> {
  id: Id;
  label: string;
}

export interface SelectProps<Id extends string> extends FieldLook {
  items: readonly SelectItem<Id>[];
  value: Id | null;
  onChange: (value: Id) => void;
  onBlur?: () => void;
  /** What stands there while nothing is chosen. */
  placeholder?: string;
  isDisabled?: boolean;
}

export function Select<Id extends string>(props: SelectProps<Id>) {
  const { label, help, error, optional, hideLabel, items, value, onChange, onBlur, placeholder, isDisabled = false } = props;
  const t = useTranslations("ui");
  const look = { label, help, error, ...(optional && { optional }), ...(hideLabel && { hideLabel }) };
  const known = items.some(({ id }) => id === value);
  function change(next: string): void {
    const item = items.find(({ id }) => id === next);
    if (item) onChange(item.id);
  }
  return (
    <Field {...look}>
      {(wiring) => (
        <div className={styles.select}>
          <select
            {...wiring}
            className={styles.input}
            disabled={isDisabled}
            value={known && value !== null ? value : ""}
            onChange={(event) => change(event.target.value)}
            onBlur={onBlur}
          >
            {!known && (
              <option value="" disabled>
                {placeholder ?? t("choose")}
              </option>
            )}
            {items.map((item) => (
              <option key={item.id} value={item.id}>
                {item.label}
              </option>
            ))}
          </select>
          <ChevronDown size={16} aria-hidden />
        </div>
      )}
    </Field>
  );
}
