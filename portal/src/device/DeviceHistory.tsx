// A device's past: what its counters used today and yesterday, and the history of the chosen series.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { HistoryPanel } from "../chart/HistoryPanel";
import { UsagePanel } from "../chart/UsagePanel";
import { useVoice } from "../format/voice";
import { attributeName, type TwoState } from "../format/wording";
import type { DeviceState } from "../live/hooks";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import { attributeSpec, capabilitiesQuery } from "./capabilities";
import styles from "./DevicePage.module.css";
import { readingsOf } from "./presentation";
import { useSeries } from "./series";

interface Props {
  device: Device;
  state: DeviceState | undefined;
  zone: string;
  twoState: TwoState;
}

export function DeviceHistory({ device, state, zone, twoState }: Props) {
  const t = useTranslations("chart");
  const { say } = useVoice();
  const { range } = useSearch({ from: "/_app/devices/$deviceId" });
  const navigate = useNavigate({ from: "/devices/$deviceId" });
  const series = useSeries(device, state);
  if (series === undefined) return null;
  const change = (search: { attribute?: string; range?: string }) =>
    void navigate({ to: "/devices/$deviceId", params: { deviceId: device.id }, search: (before) => ({ ...before, ...search }), replace: true, resetScroll: false });
  const several = new Set(device.endpoints.map((one) => one.endpoint)).size > 2;
  const nameOf = (endpoint: number, attribute: string) => attributeName(attribute, say, twoState) + (several && endpoint > 0 ? ` ${endpoint}` : "");
  const items = readingsOf(device, Object.values(state?.latest ?? {})).map(({ endpoint, attribute }) => ({
    id: `${endpoint}/${attribute}`,
    label: nameOf(endpoint, attribute),
  }));
  return (
    <>
      <Used device={device} state={state} zone={zone} />
      <Section
        title={t("title")}
        action={
          <div className={styles.seriesHead}>
            <Select label={t("series")} hideLabel items={items} value={series.key} onChange={(attribute) => change({ attribute })} />
          </div>
        }
      >
        <Card>
          <HistoryPanel
            key={series.key}
            device={device}
            endpoint={series.endpoint}
            attribute={series.attribute}
            name={nameOf(series.endpoint, series.attribute)}
            twoState={twoState}
            zone={zone}
            latest={series.latest}
            range={range}
            onRange={(next) => change({ range: next })}
          />
        </Card>
      </Section>
    </>
  );
}

/** One panel for each counter that the device has: energy taken, fed in, water. */
function Used({ device, state, zone }: Omit<Props, "twoState">) {
  const t = useTranslations("device");
  const { say } = useVoice();
  const capabilities = useQuery(capabilitiesQuery).data;
  const counters = Object.values(state?.latest ?? {}).filter((latest) => attributeSpec(capabilities, latest.attribute)?.counter === true);
  return counters.map((latest) => (
    <Section key={`${latest.endpoint}/${latest.attribute}`} title={t("used", { name: attributeName(latest.attribute, say) })}>
      <Card>
        <UsagePanel wide device={device.id} endpoint={latest.endpoint} attribute={latest.attribute} zone={zone} latest={latest} />
      </Card>
    </Section>
  ));
}
