// A thermostat on its page: the set point, sent when the nudging stops, and the mode. What is set stands beside it as
// reported until the device says otherwise.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import type { Units } from "../../format/units";
import { useVoice } from "../../format/voice";
import { valueText } from "../../format/wording";
import { Stepper } from "../../ui/NumberField";
import { Segmented } from "../../ui/Segmented";
import { argKind, capabilitiesQuery } from "../capabilities";
import { choicesOf } from "./bounds";
import { type ControlProps, reported, reportedNumber } from "./control";
import styles from "./controls.module.css";
import { type Draft, SET_POINT, useDial, useDraft } from "./set-point";

const DEGREES: Record<Units, Intl.NumberFormatOptions> = {
  metric: { style: "unit", unit: "celsius", minimumFractionDigits: 1, maximumFractionDigits: 1 },
  imperial: { style: "unit", unit: "fahrenheit", maximumFractionDigits: 0 },
};

export function ThermostatControl(props: ControlProps) {
  const draft = useDraft(props);
  return (
    <div className={styles.stack}>
      {draft !== undefined && <SetPoint {...props} draft={draft} />}
      <Mode {...props} />
    </div>
  );
}

function SetPoint({ isDisabled = false, draft, ...rest }: ControlProps & { draft: Draft }) {
  const t = useTranslations("device");
  const voice = useVoice();
  const dial = useDial(rest);
  const set = reportedNumber(rest, SET_POINT);
  const isWish = set !== undefined && set !== draft.value;
  return (
    <div className={styles.row}>
      <span className={styles.label}>{t("control.heatTo")}</span>
      <Stepper
        label={t("control.heatTo")} value={dial.of(draft.value)} onChange={(shown) => draft.change(dial.back(shown))} isDisabled={isDisabled}
        minValue={dial.min} maxValue={dial.max} step={dial.step} formatOptions={DEGREES[voice.units]}
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
  const own = choicesOf({ endpoint, ...rest }, "Thermostat.SystemMode");
  const choices = own.length > 0 ? kind.choices.filter((choice) => own.includes(choice)) : kind.choices;
  const items = choices.map((id) => ({ id, label: valueText("Thermostat.SystemMode", id, voice) }));
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
