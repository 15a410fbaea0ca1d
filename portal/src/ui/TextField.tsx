// A line or some lines of text; `SearchField` for filtering what is already on the page.
import { Search, X } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { TextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";
import { useTranslations } from "use-intl";
import styles from "./Field.module.css";
import { FieldFoot, FieldLabel, type FieldLook } from "./FieldParts";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children">, FieldLook {
  placeholder?: string;
  /** More than one: a box of so many lines. */
  lines?: number;
}

export function TextField({ label, help, error, optional, placeholder, lines = 1, ...rest }: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={error !== undefined} className={styles.field ?? ""}>
      <FieldLabel label={label} {...(optional && { optional })} />
      {lines > 1 ? (
        <TextArea className={styles.input ?? ""} rows={lines} {...(placeholder && { placeholder })} />
      ) : (
        <Input className={styles.input ?? ""} {...(placeholder && { placeholder })} />
      )}
      <FieldFoot help={help} error={error} />
    </AriaTextField>
  );
}

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
}

export function SearchField({ label, value, onChange, placeholder }: SearchFieldProps) {
  const t = useTranslations("ui");
  return (
    <AriaSearchField aria-label={label} value={value} onChange={onChange} className={styles.withIcon ?? ""}>
      <Search size={16} aria-hidden />
      <Input className={styles.input ?? ""} placeholder={placeholder ?? label} />
      <Button className={styles.clear ?? ""} aria-label={t("clear")}>
        <X size={16} aria-hidden />
      </Button>
    </AriaSearchField>
  );
}
