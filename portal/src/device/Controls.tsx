// Everything one can do with the device, each control beside the state that the device reported and what became of
// the last wish.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { CommandNote } from "../command/CommandNote";
import type { DeviceCommands } from "../command/use-commands";
import { useVoice } from "../format/voice";
import { twoStateOf } from "../format/wording";
import type { DeviceState } from "../live/hooks";
import { Card, Section } from "../ui/Section";
import { type Capability, capabilitiesQuery } from "./capabilities";
import { Control, GenericControl } from "./controls/Control";
import { latestOf } from "./controls/control";
import styles from "./DevicePage.module.css";
import { controlledParts, type Part, PRESENTATIONS } from "./presentation";
import { namedPart, partName } from "./naming";
import { ReadingText } from "./ReadingText";

interface Props {
  device: Device;
  state: DeviceState | undefined;
  commands: DeviceCommands;
  zone: string;
  readOnly: boolean;
}

/** Capabilities that the portal has no control for, and the server has simple commands for. */
function genericOf(part: Part, capabilities: readonly Capability[] | undefined): Capability | undefined {
  if (PRESENTATIONS[part.capability] !== undefined) return undefined;
  const known = capabilities?.find((one) => one.name === part.capability);
  return known?.commands.some((command) => command.args.every((arg) => arg.optional)) === true ? known : undefined;
}

export function Controls(props: Props) {
  const t = useTranslations("device");
  const capabilities = useQuery(capabilitiesQuery).data;
  const parts = controlledParts(props.device)
    .map((part) => ({ part, generic: genericOf(part, capabilities) }))
    .filter(({ part, generic }) => part.presentation.control !== undefined || generic !== undefined);
  if (parts.length === 0) return null;
  return (
    <Section title={t("controls")}>
      <Card>
        {parts.map(({ part, generic }) => (
          <ControlRow key={`${part.endpoint}/${part.capability}`} {...props} part={part} generic={generic} />
        ))}
        {props.readOnly && <p className={styles.soft}>{t("readOnly")}</p>}
      </Card>
    </Section>
  );
}

function ControlRow({ device, state, commands, zone, readOnly, part, generic }: Props & { part: Part; generic: Capability | undefined }) {
  const { say } = useVoice();
  const { endpoint, capability, presentation } = part;
  const followed = commands.newest(endpoint, [capability]);
  const main = presentation.readings[0];
  const latest = main === undefined ? undefined : latestOf(state, endpoint, `${capability}.${main}`);
  const isNamed = namedPart(device, endpoint, capability) !== undefined;
  const shared = !isNamed && device.endpoints.filter((one) => one.capabilities.includes(capability)).length > 1;
  const props = { device, endpoint, state, commands, isDisabled: readOnly };
  return (
    <div className={styles.control}>
      <div className={styles.controlHead}>
        <div>
          <div className={styles.controlName}>{partName(device, endpoint, capability, say)}{shared && ` ${endpoint}`}</div>
          {latest !== undefined && (
            <div className={styles.controlState}><ReadingText latest={latest} twoState={twoStateOf(device)} /></div>
          )}
        </div>
        {presentation.control !== undefined && !STACKED.has(presentation.control) && <Control {...props} kind={presentation.control} />}
        {generic !== undefined && <GenericControl {...props} capability={generic} />}
      </div>
      {presentation.control !== undefined && STACKED.has(presentation.control) && <Control {...props} kind={presentation.control} />}
      {followed !== undefined && (
        <CommandNote followed={followed} away={isAway(state?.presence.status ?? device.presence.status)} zone={zone} commands={commands} />
      )}
    </div>
  );
}

/** A command waits for a device that is gone, and for one that never came. */
function isAway(status: string): boolean {
  return status === "offline" || status === "unknown";
}

/** Controls that take the whole width. */
const STACKED = new Set(["level", "colorTemperature", "covering", "thermostat", "panel"]);
