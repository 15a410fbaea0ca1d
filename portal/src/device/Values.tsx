// Every value the device has reported, with its age; pressing one shows its history.
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { useVoice } from "../format/voice";
import { capabilityOf, toneOf, type TwoState } from "../format/wording";
import type { DeviceState, LatestValue } from "../live/hooks";
import { classes } from "../ui/classes";
import { SkeletonRows } from "../ui/Skeleton";
import { latestOf } from "./controls/control";
import styles from "./DevicePage.module.css";
import { icons } from "./icons";
import { readingName } from "./naming";
import { presentationOf, readingsOf } from "./presentation";
import { ReadingAge, ReadingText } from "./ReadingText";
import { useSeries } from "./series";

interface Props {
  device: Device;
  state: DeviceState | undefined;
  zone: string;
  twoState: TwoState;
}

export function Values({ device, state, zone, twoState }: Props) {
  const t = useTranslations("device");
  const series = useSeries(device, state);
  if (state === undefined) return <SkeletonRows count={4} label={t("loading")} />;
  const readings = readingsOf(device, Object.values(state.latest));
  if (readings.length === 0) return <p className={styles.control} style={{ padding: 16 }}>{t("noValues")}</p>;
  return (
    <ul className={styles.values}>
      {readings.map(({ endpoint, attribute }) => {
        const latest = latestOf(state, endpoint, attribute);
        if (latest === undefined) return null;
        const key = `${endpoint}/${attribute}`;
        return (
          <li key={key}>
            <Link
              to="/devices/$deviceId"
              params={{ deviceId: device.id }}
              search={(before) => ({ ...before, attribute: key })}
              replace
              resetScroll={false}
              className={styles.value}
              activeOptions={{ exact: true, includeSearch: true }}
              {...(series?.key === key && { "data-chosen": true })}
            >
              <Value device={device} state={state} latest={latest} zone={zone} twoState={twoState} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function Value({ device, state, latest, zone, twoState }: Omit<Props, "state"> & { state: DeviceState; latest: LatestValue }) {
  const { say } = useVoice();
  const Icon = icons[presentationOf(capabilityOf(latest.attribute)).icon];
  const tone = toneOf(latest.attribute, latest.value, twoState);
  return (
    <>
      <Icon size={16} aria-hidden className={styles.valueIcon} />
      <span>{readingName(device, latest, say, twoState)}</span>
      <span className={styles.reading}>
        <span className={classes(styles.figure, (tone === "attention" || tone === "danger") && styles[tone])}>
          <ReadingText latest={latest} twoState={twoState} />
        </span>
        <span className={styles.soft}>
          <ReadingAge always latest={latest} state={state} expectedIntervalS={device.expected_interval_s} zone={zone} />
        </span>
      </span>
    </>
  );
}
