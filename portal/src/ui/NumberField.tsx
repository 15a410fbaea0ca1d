// Numbers in the reader's own notation: typed (`NumberField`), or nudged up and down beside a value (`Stepper`).
import { Minus, Plus } from "lucide-react";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { NumberField as AriaNumberField, type NumberFieldProps as AriaNumberFieldProps } from "react-aria-components/NumberField";
import { useTranslations } from "use-intl";
import { IconButton } from "./Button";
import styles from "./Field.module.css";
import { FieldFoot, FieldLabel, type FieldLook } from "./FieldParts";

type Numbers = Omit<AriaNumberFieldProps, "className" | "style" | "children">;

export interface NumberFieldProps extends Numbers, FieldLook {
  unit?: string;
}

export function NumberField({ label, help, error, optional, unit, ...rest }: NumberFieldProps) {
  return (
    <AriaNumberField {...rest} isInvalid={error !== undefined} className={styles.field ?? ""}>
      <FieldLabel label={label} {...(optional && { optional })} />
      <div className={styles.number}>
        <Input className={styles.input ?? ""} />
        {unit && <span className={styles.unit}>{unit}</span>}
      </div>
      <FieldFoot help={help} error={error} />
    </AriaNumberField>
  );
}

export interface StepperProps extends Numbers {
  /** What is being set, for screen readers: "Target temperature, living room". */
  label: string;
}

export function Stepper({ label, ...rest }: StepperProps) {
  const t = useTranslations("ui");
  return (
    <AriaNumberField {...rest} aria-label={label}>
      <Group className={styles.stepper ?? ""}>
        <IconButton slot="decrement" icon={Minus} label={t("decrease", { label })} />
        <Input className={styles.stepValue ?? ""} />
        <IconButton slot="increment" icon={Plus} label={t("increase", { label })} />
      </Group>
    </AriaNumberField>
  );
}
