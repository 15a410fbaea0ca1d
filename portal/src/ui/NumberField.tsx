// Numbers in the reader's own notation: typed (`NumberField`), or nudged up and down beside a value (`Stepper`).
import { Minus, Plus } from "lucide-react";
import { FieldError } from "react-aria-components/FieldError";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { NumberField as AriaNumberField, type NumberFieldProps as AriaNumberFieldProps } from "react-aria-components/NumberField";
import { Text } from "react-aria-components/Text";
import { useTranslations } from "use-intl";
import { IconButton } from "./Button";
import styles from "./Field.module.css";
import { type FieldLook, FootWords, LabelWords } from "./FieldParts";

type Numbers = Omit<AriaNumberFieldProps, "className" | "style" | "children">;

export interface NumberFieldProps extends Numbers, Omit<FieldLook, "hideLabel"> {
  unit?: string;
}

export function NumberField({ label, help, error, optional = false, unit, ...rest }: NumberFieldProps) {
  return (
    <AriaNumberField {...rest} isInvalid={error !== undefined} className={styles.field ?? ""}>
      <Label className={styles.label ?? ""}>
        <LabelWords label={label} optional={optional} />
      </Label>
      <div className={styles.number}>
        <Input className={styles.input ?? ""} />
        {unit && <span className={styles.unit}>{unit}</span>}
      </div>
      {help !== undefined && error === undefined && (
        <Text slot="description" className={styles.help ?? ""}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>
        <FootWords error={error} />
      </FieldError>
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
