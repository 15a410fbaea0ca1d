// Controls with a few clear choices: switch, lock, valve, self test.
import { BellRing, LockKeyhole, LockKeyholeOpen } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../../ui/Button";
import { HoldButton } from "../../ui/HoldButton";
import { Toggle } from "../../ui/Toggle";
import { asksForCode } from "./bounds";
import { CodeField } from "./choosing";
import { type ControlProps, reported, underWay } from "./control";
import styles from "./controls.module.css";

export function OnOffControl(props: ControlProps) {
  const t = useTranslations("device");
  const { device, endpoint, commands, isDisabled = false } = props;
  const value = reported(props, "OnOff.OnOff");
  const send = (on: boolean) => commands.send(endpoint, on ? "OnOff.On" : "OnOff.Off");
  if (value === undefined) {
    // Nothing was reported: a switch would have to show a state that nobody knows.
    return (
      <span className={styles.row}>
        <Button size="small" isDisabled={isDisabled} onPress={() => send(true)}>{t("control.on")}</Button>
        <Button size="small" isDisabled={isDisabled} onPress={() => send(false)}>{t("control.off")}</Button>
      </span>
    );
  }
  return (
    <Toggle
      aria-label={t("control.switchOf", { name: device.name })}
      isSelected={value === true}
      pending={underWay(props, "OnOff") !== undefined}
      isDisabled={isDisabled}
      onChange={send}
    />
  );
}

/** Locking is one press; unlocking asks for a deliberate hold. On a tile only the likely one is there. */
export function LockControl({ compact = false, ...props }: ControlProps & { compact?: boolean }) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const locked = reported(props, "DoorLock.LockState") === "Locked";
  const pending = underWay(props, "DoorLock");
  const [code, setCode] = useState("");
  const asks = asksForCode(props, "DoorLock");
  const send = (name: string) => {
    commands.send(endpoint, name, asks ? { Code: code } : {});
    setCode("");
  };
  const unlock = (
    <HoldButton
      label={t("control.unlock")}
      icon={LockKeyholeOpen}
      isDisabled={isDisabled}
      busy={pending?.name === "DoorLock.UnlockDoor"}
      onHeld={() => send("DoorLock.UnlockDoor")}
    />
  );
  const lock = (
    <Button
      icon={LockKeyhole}
      variant={locked ? "secondary" : "primary"}
      isDisabled={isDisabled}
      busy={pending?.name === "DoorLock.LockDoor"}
      onPress={() => send("DoorLock.LockDoor")}
    >
      {t("control.lock")}
    </Button>
  );
  // A tile has no room for a code.
  if (compact) return asks ? null : locked ? unlock : lock;
  return (
    <span className={styles.row}>
      {asks && <CodeField value={code} onChange={setCode} isDisabled={isDisabled} />}
      {lock}
      {unlock}
    </span>
  );
}

export function ValveControl({ compact = false, ...props }: ControlProps & { compact?: boolean }) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const state = reported(props, "ValveConfigurationAndControl.CurrentState");
  const pending = underWay(props, "ValveConfigurationAndControl");
  const button = (name: "Open" | "Close") => (
    <Button
      isDisabled={isDisabled}
      busy={pending?.name === `ValveConfigurationAndControl.${name}`}
      onPress={() => commands.send(endpoint, `ValveConfigurationAndControl.${name}`)}
    >
      {t(name === "Open" ? "control.openValve" : "control.closeValve")}
    </Button>
  );
  if (compact) return button(state === "Closed" ? "Open" : "Close");
  return <span className={styles.row}>{button("Open")}{button("Close")}</span>;
}

/** It is loud, so it is held. */
export function SelfTestControl(props: ControlProps) {
  const t = useTranslations("device");
  const { endpoint, commands, isDisabled = false } = props;
  const testing = reported(props, "SmokeCoAlarm.TestInProgress") === true;
  return (
    <HoldButton
      label={t("control.selfTest")}
      icon={BellRing}
      isDisabled={isDisabled || testing}
      busy={underWay(props, "SmokeCoAlarm") !== undefined}
      onHeld={() => commands.send(endpoint, "SmokeCoAlarm.SelfTestRequest")}
    />
  );
}
