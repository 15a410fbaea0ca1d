// Numbers: typed (`NumberField`, the browser's own, so in the reader's notation), or nudged up and down beside a
// value (`Stepper`).
import { numberFormat } from "../format/formatters";
import { Minus, Plus } from "lucide-react";
import { useTranslations } from "use-intl";
import { useVoice } from "../format/voice";
import { IconButton } from "./Button";
import styles from "./Field.module.css";
import { Field, type FieldLook } from "./FieldParts";

export interface NumberFieldProps extends FieldLook {
  value?: number | undefined;
  defaultValue?: number;
  /** Undefined once it is emptied. */
  onChange?: (value: number | undefined) => void;
  onBlur?: () => void;
  minValue?: number;
  maxValue?: number;
  step?: number;
  unit?: string;
  /** What an empty field means. */
  placeholder?: string;
  isDisabled?: boolean;
}

export function NumberField(props: NumberFieldProps) {
  const { label, help, error, optional, hideLabel, value, defaultValue, onChange, onBlur, minValue, maxValue, step, unit, placeholder, isDisabled = false } = props;
  const look = { label, help, error, ...(optional && { optional }), ...(hideLabel && { hideLabel }) };
  const given = "value" in props ? { value: value === undefined || Number.isNaN(value) ? "" : value } : { defaultValue };
  return (
    <Field {...look}>
      {(wiring) => (
        <div className={styles.number}>
          <input
            {...wiring}
            {...given}
            type="number"
            inputMode="decimal"
            className={styles.input}
            min={minValue}
            max={maxValue}
            placeholder={placeholder}
            step={step ?? "any"}
            disabled={isDisabled}
            onBlur={onBlur}
            onChange={({ target }) => onChange?.(Number.isNaN(target.valueAsNumber) ? undefined : target.valueAsNumber)}
          />
          {unit && <span className={styles.unit}>{unit}</span>}
        </div>
      )}
    </Field>
  );
}

export interface StepperProps {
  /** What is being set, for screen readers: "Target temperature, living room". */
  label: string;
  value: number;
  onChange: (value: number) => void;
  minValue?: number;
  maxValue?: number;
  step?: number;
  formatOptions?: Intl.NumberFormatOptions;
  isDisabled?: boolean;
}

export function Stepper(props: StepperProps) {
  const { label, value, onChange, minValue = -Infinity, maxValue = Infinity, step = 1, formatOptions, isDisabled = false } = props;
  const t = useTranslations("ui");
  const { locale } = useVoice();
  const format = numberFormat(locale, formatOptions);
  return (
    <div role="group" aria-label={label} className={styles.stepper}>
      <IconButton
        icon={Minus}
        label={t("decrease", { label })}
        isDisabled={isDisabled || value <= minValue}
        onPress={() => onChange(nudged(value, -step, minValue, maxValue))}
      />
      <output className={styles.stepValue}>{format.format(value)}</output>
      <IconButton
        icon={Plus}
        label={t("increase", { label })}
        isDisabled={isDisabled || value >= maxValue}
        onPress={() => onChange(nudged(value, step, minValue, maxValue))}
      />
    </div>
  );
}

/** The next value on the grid of steps: 21.3 goes up to 21.5 and down to 21, and 0.1 + 0.2 stays 0.3. */
export function nudged(value: number, step: number, min: number, max: number): number {
  const size = Math.abs(step);
  const position = Number((value / size).toFixed(6));
  const next = step > 0 ? Math.floor(position) + 1 : Math.ceil(position) - 1;
  return Math.min(max, Math.max(min, Number((next * size).toFixed(6))));
}
