// A thermostat's set point, nudged by half degrees and sent when the nudging stops, and its mode. What is set stands
// beside it as reported until the device says otherwise.
import { useQuery } from "@tanstack/react-query";
import { Minus, Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useVoice } from "../../format/voice";
import { valueText } from "../../format/wording";
import { IconButton } from "../../ui/Button";
import { Stepper } from "../../ui/NumberField";
import { Segmented } from "../../ui/Segmented";
import { argKind, capabilitiesQuery } from "../capabilities";
import { type ControlProps, narrowed, reported, reportedNumber, underWay } from "./control";
import styles from "./controls.module.css";

const SET_POINT = "Thermostat.OccupiedHeatingSetpoint";
const SET_COMMAND = "Thermostat.SetOccupiedHeatingSetpoint";
const COMFORT = { min: 5, max: 30 };
const STEP = 0.5;
/** Several presses in a row are one wish. */
const SETTLE_MS = 700;
const DEGREES: Intl.NumberFormatOptions = { style: "unit", unit: "celsius", minimumFractionDigits: 1, maximumFractionDigits: 1 };

interface Draft {
  value: number;
  change: (value: number) => void;
}

/** The number being nudged: it starts from the last wish under way, else from what is set. */
function useDraft(props: ControlProps): Draft | undefined {
  const { commands, endpoint } = props;
  const set = reportedNumber(props, SET_POINT);
  const pending = underWay(props, "Thermostat");
  const wished = pending?.wish?.attribute === SET_POINT ? Number(pending.wish.value) : undefined;
  const [nudged, setNudged] = useState<number>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const value = nudged ?? wished ?? set;
  if (value === undefined) return undefined;
  return {
    value,
    change(next) {
      if (Number.isNaN(next)) return;
      setNudged(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        setNudged(undefined);
        if (next !== (wished ?? set)) commands.send(endpoint, SET_COMMAND, { Setpoint: next });
      }, SETTLE_MS);
    },
  };
}

export function ThermostatControl({ compact = false, ...props }: ControlProps & { compact?: boolean }) {
  const draft = useDraft(props);
  const capabilities = useQuery(capabilitiesQuery).data;
  const kind = argKind(capabilities, SET_COMMAND, "Setpoint");
  const { min, max } = narrowed(kind?.type === "number" ? kind : undefined, COMFORT);
  if (compact) return <Nudges {...props} draft={draft} min={min} max={max} />;
  return (
    <div className={styles.stack}>
      {draft !== undefined && <SetPoint {...props} draft={draft} min={min} max={max} />}
      <Mode {...props} />
    </div>
  );
}

interface RangeProps extends ControlProps {
  min: number;
  max: number;
}

function Nudges({ device, isDisabled = false, draft, min, max, ...rest }: RangeProps & { draft: Draft | undefined }) {
  const t = useTranslations("device");
  const voice = useVoice();
  if (draft === undefined) return null;
  const set = reportedNumber({ device, ...rest }, SET_POINT);
  const nudge = (by: number) => draft.change(Math.min(Math.max(draft.value + by, min), max));
  const label = valueText(SET_POINT, draft.value, voice, { unit: "degC" });
  return (
    <span className={styles.nudges}>
      <IconButton
        icon={Minus} size="small" label={t("control.cooler", { name: device.name })}
        isDisabled={isDisabled || draft.value <= min} onPress={() => nudge(-STEP)}
      />
      <span className={draft.value === set ? styles.set : styles.wished} title={t("control.heatTo")}>{label}</span>
      <IconButton
        icon={Plus} size="small" label={t("control.warmer", { name: device.name })}
        isDisabled={isDisabled || draft.value >= max} onPress={() => nudge(STEP)}
      />
    </span>
  );
}

function SetPoint({ isDisabled = false, draft, min, max, ...rest }: RangeProps & { draft: Draft }) {
  const t = useTranslations("device");
  const voice = useVoice();
  const set = reportedNumber(rest, SET_POINT);
  const isWish = set !== undefined && set !== draft.value;
  return (
    <div className={styles.row}>
      <span className={styles.label}>{t("control.heatTo")}</span>
      <Stepper
        label={t("control.heatTo")} value={draft.value} onChange={draft.change} isDisabled={isDisabled}
        minValue={min} maxValue={max} step={STEP} formatOptions={DEGREES}
      />
      {isWish && <span className={styles.soft}>{t("control.setNow", { value: valueText(SET_POINT, set, voice, { unit: "degC" }) })}</span>}
    </div>
  );
}

function Mode({ endpoint, commands, isDisabled = false, ...rest }: ControlProps) {
  const t = useTranslations("device");
  const voice = useVoice();
  const capabilities = useQuery(capabilitiesQuery).data;
  const kind = argKind(capabilities, "Thermostat.SetSystemMode", "SystemMode");
  const mode = reported({ endpoint, commands, ...rest }, "Thermostat.SystemMode");
  if (kind?.type !== "enum" || typeof mode !== "string" || isDisabled) return null;
  const items = kind.choices.map((id) => ({ id, label: valueText("Thermostat.SystemMode", id, voice) }));
  return (
    <div className={styles.row}>
      <span className={styles.label}>{t("control.mode")}</span>
      <Segmented
        label={t("control.mode")}
        value={mode}
        items={items}
        onChange={(next) => commands.send(endpoint, "Thermostat.SetSystemMode", { SystemMode: next })}
      />
    </div>
  );
}
