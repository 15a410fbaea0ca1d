// Controls for what a device has of its own: a mode out of its list, a number in its range, words, a siren's tone, an
// alarm panel with its code.
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useVoice } from "../../format/voice";
import { commandText } from "../../format/wording";
import { Button } from "../../ui/Button";
import { HoldButton } from "../../ui/HoldButton";
import { NumberField } from "../../ui/NumberField";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { boundsOf, choicesOf, fits } from "./bounds";
import { type ControlProps, reported, reportedNumber } from "./control";
import styles from "./controls.module.css";

export function ModeControl(props: ControlProps) {
  const t = useTranslations("device");
  const choices = choicesOf(props, "ModeSelect.CurrentMode");
  const mode = reported(props, "ModeSelect.CurrentMode");
  const change = (next: string) => props.commands.send(props.endpoint, "ModeSelect.ChangeToMode", { NewMode: next });
  if (choices.length === 0) return <Words {...props} label={t("control.mode")} onSend={change} />;
  return (
    <Select
      hideLabel
      label={t("control.mode")}
      items={choices.map((id) => ({ id, label: id }))}
      value={typeof mode === "string" ? mode : null}
      isDisabled={props.isDisabled ?? false}
      onChange={change}
    />
  );
}

export function NumberControl(props: ControlProps) {
  const t = useTranslations("device");
  const { device, endpoint, commands, isDisabled = false } = props;
  const bounds = boundsOf(props, "Number.Value");
  const unit = device.endpoints.find((one) => one.endpoint === endpoint)?.unit ?? undefined;
  const set = reportedNumber(props, "Number.Value");
  const [typed, setTyped] = useState<number>();
  const wanted = typed ?? set;
  const isOff = wanted !== undefined && !fits(bounds, wanted);
  return (
    <form
      className={styles.row}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === undefined || isOff) return;
        commands.send(endpoint, "Number.SetValue", { Value: wanted });
        setTyped(undefined);
      }}
    >
      <NumberField
        hideLabel label={t("control.number")} value={wanted} onChange={setTyped} isDisabled={isDisabled}
        {...(typeof bounds?.min === "number" && { minValue: bounds.min })}
        {...(typeof bounds?.max === "number" && { maxValue: bounds.max })}
        {...(typeof bounds?.step === "number" && { step: bounds.step })}
        {...(unit !== undefined && { unit })}
      />
      <Button type="submit" isDisabled={isDisabled || typed === undefined || isOff}>{t("control.set")}</Button>
    </form>
  );
}

export function TextControl(props: ControlProps) {
  const t = useTranslations("device");
  const send = (text: string) => props.commands.send(props.endpoint, "Text.SetText", { Text: text });
  return <Words {...props} label={t("control.text")} onSend={send} max={boundsOf(props, "Text.Value")?.max ?? undefined} />;
}

export function MessageControl(props: ControlProps) {
  const t = useTranslations("device");
  const send = (text: string) => props.commands.send(props.endpoint, "Message.Send", { Text: text });
  return <Words {...props} label={t("control.message")} action={t("control.send")} onSend={send} />;
}

interface WordsProps extends ControlProps {
  label: string;
  action?: string;
  max?: number | undefined;
  onSend: (text: string) => void;
}

function Words({ label, action, max = 255, onSend, isDisabled = false }: WordsProps) {
  const t = useTranslations("device");
  const [typed, setTyped] = useState("");
  return (
    <form
      className={styles.row}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === "") return;
        onSend(typed);
        setTyped("");
      }}
    >
      <TextField hideLabel label={label} value={typed} maxLength={max} onChange={setTyped} isDisabled={isDisabled} />
      <Button type="submit" isDisabled={isDisabled || typed === ""}>{action ?? t("control.set")}</Button>
    </form>
  );
}

/** It is loud, so it is held. */
export function SirenControl(props: ControlProps) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const tones = choicesOf(props, "Siren.Tone");
  const [tone, setTone] = useState<string | null>(null);
  return (
    <span className={styles.row}>
      {tones.length > 0 && (
        <Select
          hideLabel label={t("control.tone")} placeholder={t("control.tone")} value={tone} isDisabled={isDisabled}
          items={tones.map((id) => ({ id, label: id }))} onChange={setTone}
        />
      )}
      <HoldButton
        label={t("control.sound")} isDisabled={isDisabled}
        onHeld={() => commands.send(endpoint, "Siren.Sound", tone === null ? {} : { Tone: tone })}
      />
      <Button isDisabled={isDisabled} onPress={() => commands.send(endpoint, "Siren.Silence")}>{t("control.silence")}</Button>
    </span>
  );
}

const ARMING = ["ArmHome", "ArmAway", "ArmNight", "ArmVacation", "ArmCustomBypass", "Disarm"] as const;

/** The panel judges its code itself; what is typed is sent and not kept. */
export function PanelControl(props: ControlProps) {
  const voice = useVoice();
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const [code, setCode] = useState("");
  const send = (command: string) => {
    commands.send(endpoint, `AlarmPanel.${command}`, code === "" ? {} : { Code: code });
    setCode("");
  };
  return (
    <div className={styles.stack}>
      <CodeField value={code} onChange={setCode} isDisabled={isDisabled} />
      <span className={styles.row}>
        {ARMING.map((command) => (
          <Button key={command} isDisabled={isDisabled} onPress={() => send(command)}>
            {commandText(`AlarmPanel.${command}`, {}, voice)}
          </Button>
        ))}
        <HoldButton label={t("control.trigger")} tone="danger" isDisabled={isDisabled} onHeld={() => send("Trigger")} />
      </span>
    </div>
  );
}

export function CodeField(props: { value: string; onChange: (value: string) => void; isDisabled: boolean }) {
  const t = useTranslations("device");
  return <TextField {...props} hideLabel label={t("control.code")} placeholder={t("control.code")} type="password" autoComplete="off" maxLength={16} />;
}
