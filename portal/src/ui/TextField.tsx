// A line or some lines of text; `SearchField` for filtering what is already on the page. Native controls: a page
// that only asks for a name should not load more than that needs.
import { Search, X } from "lucide-react";
import { type InputHTMLAttributes, type KeyboardEvent, type Ref, useRef } from "react";
import { useTranslations } from "use-intl";
import styles from "./Field.module.css";
import { Field, type FieldLook } from "./FieldParts";

type Native = Pick<
  InputHTMLAttributes<HTMLInputElement>,
  "type" | "name" | "autoComplete" | "inputMode" | "maxLength" | "placeholder" | "spellCheck" | "autoFocus" | "autoCapitalize"
>;

export interface TextFieldProps extends FieldLook, Native {
  value?: string;
  defaultValue?: string;
  onChange?: (value: string) => void;
  onBlur?: () => void;
  isDisabled?: boolean;
  isReadOnly?: boolean;
  /** More than one: a box of so many lines. */
  lines?: number;
  ref?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps) {
  const { label, help, error, optional, hideLabel, lines = 1, onChange, isDisabled = false, isReadOnly = false, ref, type = "text", ...native } = props;
  const look = { label, help, error, ...(optional && { optional }), ...(hideLabel && { hideLabel }) };
  const state = { disabled: isDisabled, readOnly: isReadOnly, className: styles.input };
  return (
    <Field {...look}>
      {(wiring) =>
        lines > 1 ? (
          <textarea {...native} {...wiring} {...state} rows={lines} onChange={(event) => onChange?.(event.target.value)} />
        ) : (
          <input {...native} {...wiring} {...state} ref={ref} type={type} onChange={(event) => onChange?.(event.target.value)} />
        )
      }
    </Field>
  );
}

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  autoFocus?: boolean;
}

export function SearchField({ label, value, onChange, placeholder, autoFocus = false }: SearchFieldProps) {
  const t = useTranslations("ui");
  const input = useRef<HTMLInputElement>(null);
  function clear(): void {
    onChange("");
    input.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Escape" || value === "") return;
    // Only what is typed goes, not the dialog that the field may stand in.
    event.stopPropagation();
    clear();
  }
  return (
    <div className={styles.withIcon}>
      <Search size={16} aria-hidden />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        className={styles.input}
        value={value}
        autoFocus={autoFocus}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {value !== "" && (
        <button type="button" className={styles.clear} aria-label={t("clear")} onClick={clear}>
          <X size={16} aria-hidden />
        </button>
      )}
    </div>
  );
}
