// A yes or no that is part of a form; what acts at once is a `Toggle`.
import { Check, Minus } from "lucide-react";
import { type AriaAttributes, type ReactNode, useEffect, useRef } from "react";
import styles from "./Field.module.css";

export interface CheckboxProps extends Pick<AriaAttributes, "aria-label" | "aria-labelledby" | "aria-describedby"> {
  isSelected?: boolean;
  defaultSelected?: boolean;
  /** Some of what it stands for are chosen. */
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  onChange?: (selected: boolean) => void;
  onBlur?: () => void;
  /** Shown beside it; without, give `aria-label`. */
  children?: ReactNode;
}

export function Checkbox(props: CheckboxProps) {
  const { isSelected, defaultSelected, isIndeterminate = false, isDisabled = false, onChange, onBlur, children, ...aria } = props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // There is no attribute for it.
    if (input.current) input.current.indeterminate = isIndeterminate;
  }, [isIndeterminate]);
  const Mark = isIndeterminate ? Minus : Check;
  return (
    <label className={styles.checkbox}>
      <input
        {...aria}
        ref={input}
        type="checkbox"
        className={styles.checkboxInput}
        {...(isSelected === undefined ? { defaultChecked: defaultSelected } : { checked: isSelected })}
        disabled={isDisabled}
        onBlur={onBlur}
        onChange={({ target }) => onChange?.(target.checked)}
      />
      <span className={styles.box}>
        <Mark size={14} strokeWidth={3} aria-hidden />
      </span>
      {children}
    </label>
  );
}
