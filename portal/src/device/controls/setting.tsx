// Controls that set an amount: brightness, colour, a blind's position. A slider stands where the device says it
// stands; the wish is told beside it until it comes true.
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Square } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../../ui/Button";
import { Slider } from "../../ui/Slider";
import { argKind, capabilitiesQuery } from "../capabilities";
import { boundsOf, ownRange } from "./bounds";
import { CLOSED, type ControlProps, narrowed, OPEN, reportedNumber } from "./control";
import styles from "./controls.module.css";

interface AmountProps extends ControlProps {
  label: string;
  attribute: string;
  command: string;
  arg: string;
  sensible: { min: number; max: number };
  step: number;
  format: Intl.NumberFormatOptions;
  /** From the device's scale to the slider's, and back: a blind is open at the right. */
  flip?: boolean;
}

function AmountSlider(props: AmountProps) {
  const { attribute, command, arg, endpoint, commands, label, sensible, step, format, flip = false, isDisabled = false } = props;
  const capabilities = useQuery(capabilitiesQuery).data;
  const { min, max } = ownRange(boundsOf(props, attribute), narrowed(rangeOf(argKind(capabilities, command, arg)), sensible));
  const [dragged, setDragged] = useState<number>();
  const value = reportedNumber(props, attribute) ?? min;
  const turned = (amount: number) => (flip ? min + max - amount : amount);
  return (
    <Slider
      label={label}
      value={dragged ?? turned(Math.min(Math.max(value, min), max))}
      minValue={min}
      maxValue={max}
      step={step}
      formatOptions={format}
      isDisabled={isDisabled}
      onChange={setDragged}
      onChangeEnd={(end) => {
        setDragged(undefined);
        commands.send(endpoint, command, { [arg]: turned(end) });
      }}
    />
  );
}

function rangeOf(kind: ReturnType<typeof argKind>): { type: string; min: number; max: number } | undefined {
  return kind?.type === "number" || kind?.type === "integer" ? kind : undefined;
}

const PERCENT: Intl.NumberFormatOptions = { style: "unit", unit: "percent", maximumFractionDigits: 0 };

export function LevelControl(props: ControlProps) {
  const t = useTranslations("device");
  return (
    <AmountSlider
      {...props}
      label={t("control.brightness")}
      attribute="LevelControl.CurrentLevel"
      command="LevelControl.MoveToLevel"
      arg="Level"
      sensible={{ min: 0, max: 100 }}
      step={1}
      format={PERCENT}
    />
  );
}

/** What lamps for homes can do; the capability itself allows far more. */
const WHITE = { min: 2_200, max: 6_500 };

export function ColorTemperatureControl(props: ControlProps) {
  const t = useTranslations("device");
  return (
    <AmountSlider
      {...props}
      label={t("control.colorTemperature")}
      attribute="ColorControl.ColorTemperature"
      command="ColorControl.MoveToColorTemperature"
      arg="ColorTemperature"
      sensible={WHITE}
      step={100}
      format={{ maximumFractionDigits: 0 }}
    />
  );
}

export function CoveringControl(props: ControlProps) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const go = (percent: number) => commands.send(endpoint, "WindowCovering.GoToLiftPercentage", { LiftPercent: percent });
  const stop = () => commands.send(endpoint, "WindowCovering.StopMotion");
  return (
    <div className={styles.stack}>
      <span className={styles.row}>
        <Button icon={ArrowUp} isDisabled={isDisabled} onPress={() => go(OPEN)}>{t("control.open")}</Button>
        <Button icon={Square} isDisabled={isDisabled} onPress={stop}>{t("control.stop")}</Button>
        <Button icon={ArrowDown} isDisabled={isDisabled} onPress={() => go(CLOSED)}>{t("control.close")}</Button>
      </span>
      <AmountSlider
        {...props}
        flip
        label={t("control.openness")}
        attribute="WindowCovering.CurrentPositionLiftPercent"
        command="WindowCovering.GoToLiftPercentage"
        arg="LiftPercent"
        sensible={{ min: 0, max: 100 }}
        step={5}
        format={PERCENT}
      />
    </div>
  );
}
