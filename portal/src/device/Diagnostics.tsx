// How the device behaves: whether it can be reached, what it sent and how much of it was odd, and what was refused.
import { numberFormat } from "../format/formatters";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Schemas } from "../api/client";
import type { Device } from "../api/lists";
import { millis } from "../format/instant";
import { useVoice } from "../format/voice";
import { attributeName } from "../format/wording";
import type { DeviceState } from "../live/hooks";
import { Age } from "../ui/Age";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Facts } from "../ui/Facts";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { Status } from "../ui/Status";
import styles from "./DevicePage.module.css";
import { diagnosticsQuery } from "./queries";
import { ReadingText } from "./ReadingText";

interface Props {
  device: Device;
  state: DeviceState | undefined;
  zone: string;
}

const LINK = ["Signal.Rssi", "PowerSource.BatPercentRemaining", "PowerSource.BatChargeLevel", "PowerSource.Status", "Firmware.Version"];

export function Diagnostics({ device, state, zone }: Props) {
  const t = useTranslations("device");
  const query = useQuery(diagnosticsQuery(device.id));
  if (query.isPending) return <SkeletonRows count={4} label={t("loading")} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div className={styles.diagnostics}>
      <div className={styles.diagnosticsFacts}>
        <Section title={t("diagnostics.link")}>
          <Card><Link device={device} state={state} found={query.data} zone={zone} /></Card>
        </Section>
        <Section title={t("diagnostics.sent")}>
          <Card><Counts found={query.data} /></Card>
        </Section>
      </div>
      <Section title={t("diagnostics.rejections")} count={query.data.rejections.length}>
        <Rejections rejections={query.data.rejections} zone={zone} />
      </Section>
    </div>
  );
}

function Link({ state, found, zone }: Props & { found: Schemas["DiagnosticsView"] }) {
  const t = useTranslations("device");
  const { say } = useVoice();
  const told = Object.values(state?.latest ?? {}).filter((latest) => LINK.includes(latest.attribute));
  const lastSeen = state?.lastSeen ?? (found.last_seen == null ? null : millis(found.last_seen));
  return (
    <Facts
      items={[
        {
          name: t("diagnostics.connected"),
          value: <Status tone={found.connected ? "ok" : "unknown"} label={t(found.connected ? "diagnostics.yes" : "diagnostics.no")} />,
        },
        { name: t("diagnostics.lastSeen"), value: lastSeen === null ? t("diagnostics.never") : <Age time={lastSeen} timeZone={zone} /> },
        ...told.map((latest) => ({
          name: attributeName(latest.attribute, say),
          value: <ReadingText latest={latest} twoState="plain" />,
        })),
      ]}
    />
  );
}

function Counts({ found }: { found: Schemas["DiagnosticsView"] }) {
  const t = useTranslations("device");
  const { locale } = useVoice();
  const number = (value: number) => numberFormat(locale).format(value);
  const { counts, duplicates } = found;
  return (
    <Facts
      items={[
        { name: t("diagnostics.records"), value: number(counts.records) },
        { name: t("diagnostics.readings"), value: number(counts.readings) },
        { name: t("diagnostics.late"), value: number(counts.late) },
        { name: t("diagnostics.future"), value: number(counts.future) },
        { name: t("diagnostics.duplicates"), value: number(duplicates) },
        { name: t("diagnostics.rejected"), value: number(counts.rejected) },
      ]}
    />
  );
}

function Rejections({ rejections, zone }: { rejections: Schemas["DiagnosticsView"]["rejections"]; zone: string }) {
  const t = useTranslations("device");
  if (rejections.length === 0) {
    return <EmptyState icon={CircleCheck} title={t("diagnostics.fine")} why={t("diagnostics.fineWhy")} />;
  }
  return (
    <Card flush>
      <ol className={styles.rows}>
        {rejections.map((one) => (
          <li key={`${millis(one.received)} ${one.excerpt}`}>
            <span>{one.reason}</span>
            <span className={styles.soft}><Age time={millis(one.received)} timeZone={zone} /></span>
            <span className={`${styles.soft} ${styles.wide}`}>{t("diagnostics.input", { channel: one.channel, bytes: one.size_bytes })}</span>
            <code className={`${styles.excerpt} ${styles.wide}`}>{one.excerpt}</code>
          </li>
        ))}
      </ol>
    </Card>
  );
}
