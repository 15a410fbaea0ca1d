// One choice out of a list that folds away.
import { Check, ChevronDown, type LucideIcon } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import styles from "./Field.module.css";
import { FieldFoot, FieldLabel, type FieldLook } from "./FieldParts";
import overlay from "./Overlay.module.css";

export interface SelectItem<Id extends string> {
  id: Id;
  label: string;
  icon?: LucideIcon;
}

export interface SelectProps<Id extends string> extends FieldLook {
  items: readonly SelectItem<Id>[];
  value: Id | null;
  onChange: (value: Id) => void;
  onBlur?: () => void;
  placeholder?: string;
  isDisabled?: boolean;
  /** The label is there for screen readers alone: in filter bars, where the value says it all. */
  hideLabel?: boolean;
}

export function Select<Id extends string>(props: SelectProps<Id>) {
  const { label, help, error, optional, items, value, onChange, onBlur, placeholder, isDisabled = false, hideLabel = false } = props;
  return (
    <AriaSelect
      {...(hideLabel && { "aria-label": label })}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      className={styles.field ?? ""}
      value={value}
      onChange={(key) => {
        const item = items.find(({ id }) => id === key);
        if (item) onChange(item.id);
      }}
      {...(placeholder && { placeholder })}
      {...(onBlur && { onBlur })}
    >
      {!hideLabel && <FieldLabel label={label} {...(optional && { optional })} />}
      <Button className={`${styles.input} ${styles.select}`}>
        <SelectValue />
        <ChevronDown size={16} aria-hidden />
      </Button>
      <FieldFoot help={help} error={error} />
      <Popover className={overlay.popover ?? ""}>
        <ListBox className={overlay.list ?? ""} items={items}>
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.label} className={overlay.item ?? ""}>
              {({ isSelected }) => (
                <>
                  {item.icon && <item.icon size={16} aria-hidden />}
                  <span className={overlay.itemWords}>{item.label}</span>
                  {isSelected && <Check size={16} aria-hidden />}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
