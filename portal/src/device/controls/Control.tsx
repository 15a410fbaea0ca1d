// Chooses the control by its kind from the presentation literals; capabilities without one of their own get a button
// for each command that needs no arguments.
import type { ComponentType } from "react";
import { useVoice } from "../../format/voice";
import { commandText } from "../../format/wording";
import { Button } from "../../ui/Button";
import type { Capability } from "../capabilities";
import type { ControlKind } from "../presentation";
import type { ControlProps } from "./control";
import styles from "./controls.module.css";
import { MessageControl, ModeControl, NumberControl, PanelControl, SirenControl, TextControl } from "./choosing";
import { ColorTemperatureControl, CoveringControl, LevelControl } from "./setting";
import { LockControl, OnOffControl, SelfTestControl, ValveControl } from "./switching";
import { ThermostatControl } from "./ThermostatControl";

const controls: Record<Exclude<ControlKind, "identify">, ComponentType<ControlProps>> = {
  onOff: OnOffControl,
  level: LevelControl,
  colorTemperature: ColorTemperatureControl,
  lock: LockControl,
  covering: CoveringControl,
  thermostat: ThermostatControl,
  valve: ValveControl,
  selfTest: SelfTestControl,
  mode: ModeControl,
  number: NumberControl,
  text: TextControl,
  message: MessageControl,
  siren: SirenControl,
  panel: PanelControl,
};

export function Control({ kind, ...props }: ControlProps & { kind: ControlKind }) {
  if (kind === "identify") return null;
  const Chosen = controls[kind];
  return <Chosen {...props} />;
}

export function GenericControl({ capability, endpoint, commands, isDisabled = false }: ControlProps & { capability: Capability }) {
  const voice = useVoice();
  const simple = capability.commands.filter((command) => command.args.every((arg) => arg.optional));
  return (
    <span className={styles.row}>
      {simple.map((command) => {
        const name = `${capability.name}.${command.name}`;
        return (
          <Button key={name} isDisabled={isDisabled} onPress={() => commands.send(endpoint, name)}>
            {commandText(name, {}, voice)}
          </Button>
        );
      })}
    </span>
  );
}
