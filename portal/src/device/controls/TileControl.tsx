// The one likely action of a device, small enough for its tile. What is too drastic, or of too little use there, is
// left to the device's page.
import { ArrowDown, ArrowUp, Minus, Plus } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslations } from "use-intl";
import { useVoice } from "../../format/voice";
import { valueText } from "../../format/wording";
import { IconButton } from "../../ui/Button";
import type { ControlKind } from "../presentation";
import { type ControlProps, CLOSED, OPEN, reportedNumber } from "./control";
import styles from "./controls.module.css";
import { SET_POINT, useDial, useDraft } from "./set-point";
import { LockControl, OnOffControl, ValveControl } from "./switching";

const controls: Partial<Record<ControlKind, ComponentType<ControlProps & { compact?: boolean }>>> = {
  onOff: OnOffControl,
  lock: LockControl,
  covering: CoveringNudges,
  thermostat: ThermostatNudges,
  valve: ValveControl,
};

export function TileControl({ kind, ...props }: ControlProps & { kind: ControlKind }) {
  const Chosen = controls[kind];
  return Chosen === undefined ? null : <Chosen {...props} compact />;
}

function CoveringNudges(props: ControlProps) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const position = reportedNumber(props, "WindowCovering.CurrentPositionLiftPercent");
  const go = (percent: number) => commands.send(endpoint, "WindowCovering.GoToLiftPercentage", { LiftPercent: percent });
  return (
    <span className={styles.row}>
      <IconButton icon={ArrowUp} label={t("control.open")} isDisabled={isDisabled || position === OPEN} onPress={() => go(OPEN)} />
      <IconButton icon={ArrowDown} label={t("control.close")} isDisabled={isDisabled || position === CLOSED} onPress={() => go(CLOSED)} />
    </span>
  );
}

function ThermostatNudges(props: ControlProps) {
  const { device, isDisabled = false } = props;
  const t = useTranslations("device");
  const voice = useVoice();
  const draft = useDraft(props);
  const dial = useDial(props);
  if (draft === undefined) return null;
  const set = reportedNumber(props, SET_POINT);
  const shown = dial.of(draft.value);
  const nudge = (by: number) => draft.change(dial.back(Math.min(Math.max(shown + by, dial.min), dial.max)));
  const label = valueText(SET_POINT, draft.value, voice, { unit: "degC" });
  return (
    <span className={styles.nudges}>
      <IconButton
        icon={Minus} size="small" label={t("control.cooler", { name: device.name })}
        isDisabled={isDisabled || shown <= dial.min} onPress={() => nudge(-dial.step)}
      />
      <span className={draft.value === set ? styles.set : styles.wished} title={t("control.heatTo")}>{label}</span>
      <IconButton
        icon={Plus} size="small" label={t("control.warmer", { name: device.name })}
        isDisabled={isDisabled || shown >= dial.max} onPress={() => nudge(dial.step)}
      />
    </span>
  );
}
