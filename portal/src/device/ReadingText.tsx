// A value as last reported, in words, with its age as soon as that is older than the device promised.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { freshForS, heldAt } from "../format/age";
import { useVoice } from "../format/voice";
import { type TwoState, valueText } from "../format/wording";
import type { DeviceState, LatestValue } from "../live/hooks";
import { Age } from "../ui/Age";
import { attributeSpec, capabilitiesQuery } from "./capabilities";
import styles from "./ReadingText.module.css";

interface Props {
  latest: LatestValue;
  twoState: TwoState;
}

export function ReadingText({ latest, twoState }: Props) {
  const t = useTranslations("device");
  const voice = useVoice();
  const text = valueText(latest.attribute, latest.value, voice, { unit: latest.unit, twoState });
  if (latest.quality !== "estimated") return text;
  return (
    <span className={styles.estimated} title={t("quality.estimated")}>
      {t("about", { value: text })}
    </span>
  );
}

interface AgeProps {
  latest: LatestValue;
  state: DeviceState;
  expectedIntervalS: number;
  zone: string;
  /** On the device's own page every age is told, not only those of old values. */
  always?: boolean;
}

export function ReadingAge({ latest, state, expectedIntervalS, zone, always = false }: AgeProps) {
  const capabilities = useQuery(capabilitiesQuery).data;
  const eventful = attributeSpec(capabilities, latest.attribute)?.eventful ?? false;
  // An eventful value is confirmed by every sign of life; its age is that of the last one.
  const time = always ? latest.time : heldAt(latest.time, eventful, state.lastSeen);
  return (
    <Age time={time} expectedInterval_s={eventful && always ? Number.MAX_SAFE_INTEGER : freshForS(expectedIntervalS)} onlyWhenStale={!always} timeZone={zone} />
  );
}
