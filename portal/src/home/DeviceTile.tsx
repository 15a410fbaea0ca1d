// One device on its home's page: state, the one likely action, and what became of the last wish. Nothing here is
// shown that the device has not reported.
import { memo } from "react";
import { useTranslations } from "use-intl";
import { CommandLine } from "../command/CommandNote";
import { useDeviceCommands } from "../command/use-commands";
import { latestOf, type Device } from "../device/controls/control";
import { TileControl } from "../device/controls/TileControl";
import { icons } from "../device/icons";
import { type Reading, tileContent, type TileContent } from "../device/presentation";
import { ReadingAge, ReadingText } from "../device/ReadingText";
import { useVoice } from "../format/voice";
import { attributeName, toneOf } from "../format/wording";
import type { DeviceState, LatestValue } from "../live/hooks";
import { Skeleton } from "../ui/Skeleton";
import { Tile } from "../ui/Tile";
import styles from "./DeviceTile.module.css";
import { tileTone, untold } from "./tile-tone";

export interface DeviceTileProps {
  device: Device;
  /** Undefined while it is being loaded. */
  state: DeviceState | undefined;
  zone: string;
  /** The person may look and not touch. */
  readOnly?: boolean;
}

/** Drawn again for what is new of its own device only: a home has many. */
export const DeviceTile = memo(function DeviceTile({ device, state, zone, readOnly = false }: DeviceTileProps) {
  const commands = useDeviceCommands(device.id);
  const content = tileContent(device);
  const { main, control, twoState } = content;
  const followed = commands.newest();
  const latest = main === undefined ? undefined : latestOf(state, main.endpoint, main.attribute);
  const mainTone = latest === undefined ? "neutral" : toneOf(latest.attribute, latest.value, twoState);
  const tone = tileTone(content, state);
  const presence = state?.presence.status ?? device.presence.status;
  const props = { device, state, commands, isDisabled: readOnly };
  return (
    <Tile
      icon={icons[isOpenLock(latest) ? "unlocked" : content.icon]}
      name={device.name}
      state={<MainState content={content} state={state} />}
      active={mainTone === "active"}
      offline={presence === "offline"}
      {...(tone === undefined ? {} : { tone })}
      note={
        followed === undefined ? (
          <Notes device={device} state={state} content={content} zone={zone} />
        ) : (
          <CommandLine followed={followed} />
        )
      }
      link={{ to: "/devices/$deviceId", params: { deviceId: device.id } }}
      action={
        control === undefined ? undefined : <TileControl {...props} kind={control.kind} endpoint={control.endpoint} />
      }
    />
  );
});

/** A closed padlock over the word "Unlocked" would be read before the word. */
function isOpenLock(latest: LatestValue | undefined): boolean {
  return latest?.attribute === "DoorLock.LockState" && latest.value !== "Locked";
}

function MainState({ content, state }: { content: TileContent; state: DeviceState | undefined }) {
  const t = useTranslations("home");
  if (state === undefined) return <Skeleton width={72} height={16} />;
  const { main, twoState } = content;
  const latest = main === undefined ? undefined : latestOf(state, main.endpoint, main.attribute);
  if (latest !== undefined) return <ReadingText latest={latest} twoState={twoState} />;
  return <span className={styles.none}>{t(state.lastSeen === null ? "tile.neverSeen" : "tile.noValue")}</span>;
}

interface NotesProps {
  device: Device;
  state: DeviceState | undefined;
  content: TileContent;
  zone: string;
}

/** Secondary values, and the main value's age when it is too old to go without saying. */
function Notes({ device, state, content, zone }: NotesProps) {
  const { say } = useVoice();
  if (state === undefined) return null;
  const told = (reading: Reading) => latestOf(state, reading.endpoint, reading.attribute);
  const main = content.main === undefined ? undefined : told(content.main);
  const values = content.secondary.map(told).filter((latest) => latest !== undefined);
  return (
    <>
      {values.map((latest) => (
        <span key={`${latest.endpoint}/${latest.attribute}`}>
          <ReadingText latest={latest} twoState={content.twoState} />
        </span>
      ))}
      {untold(content, state).map((latest) => (
        <span key={`${latest.endpoint}/${latest.attribute}`} className={styles.concern}>
          {attributeName(latest.attribute, say, content.twoState)} <ReadingText latest={latest} twoState={content.twoState} />
        </span>
      ))}
      {main !== undefined && (
        <ReadingAge latest={main} state={state} expectedIntervalS={device.expected_interval_s} zone={zone} />
      )}
    </>
  );
}
