// A device's past: the history of the chosen series.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChartNoAxesColumn, FileUp } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { useMayManage } from "../app/scope";
import { HistoryPanel } from "../chart/HistoryPanel";
import { useVoice } from "../format/voice";
import { attributeName, type TwoState } from "../format/wording";
import type { DeviceState } from "../live/hooks";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import styles from "./DevicePage.module.css";
import { readingsOf } from "./presentation";
import { ReadingsMenu } from "./ReadingsMenu";
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
  const { range, compare } = useSearch({ from: "/_app/devices/$deviceId" });
  const navigate = useNavigate({ from: "/devices/$deviceId" });
  const series = useSeries(device, state);
  const mayManage = useMayManage(device.organisation);
  if (series === undefined) return state === undefined || !mayManage ? null : <NoHistory device={device} />;
  const change = (search: { attribute?: string; range?: string; compare?: string | undefined }) =>
    void navigate({ to: "/devices/$deviceId", params: { deviceId: device.id }, search: (before) => ({ ...before, ...search }), replace: true, resetScroll: false });
  const several = new Set(device.endpoints.map((one) => one.endpoint)).size > 2;
  const nameOf = (endpoint: number, attribute: string) => attributeName(attribute, say, twoState) + (several && endpoint > 0 ? ` ${endpoint}` : "");
  const told = readingsOf(device, Object.values(state?.latest ?? {}));
  const isTold = told.some(({ endpoint, attribute }) => `${endpoint}/${attribute}` === series.key);
  const items = [...(isTold ? [] : [series]), ...told].map(({ endpoint, attribute }) => ({
    id: `${endpoint}/${attribute}`,
    label: nameOf(endpoint, attribute),
  }));
  return (
    <Section
      title={t("title")}
      action={
        <div className={styles.seriesHead}>
          <Select label={t("series")} hideLabel items={items} value={series.key} onChange={(attribute) => change({ attribute, compare: compare === "previous" ? compare : undefined })} />
          {mayManage && <ReadingsMenu device={device} attribute={series.key} range={range} />}
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
          compare={compare}
          onCompare={(next) => change({ compare: next })}
        />
      </Card>
    </Section>
  );
}

/** Nothing was told yet; what another system knows of the past may be there already. */
function NoHistory({ device }: { device: Device }) {
  const t = useTranslations("chart");
  const words = useTranslations("device.readings");
  const link = <ButtonLink icon={FileUp} to="/devices/$deviceId/readings" params={{ deviceId: device.id }} search={{ task: "import" }}>{words("import")}</ButtonLink>;
  return (
    <Section title={t("title")}>
      <EmptyState icon={ChartNoAxesColumn} title={words("none")} why={words("noneWhy")} action={link} />
    </Section>
  );
}
