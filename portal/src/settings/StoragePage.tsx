// What an organisation's readings take, and for how long they are kept.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { homesQuery } from "../api/lists";
import { useMayManage, useScope } from "../app/scope";
import { fullMoment } from "../format/moment";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ErrorState } from "../ui/ErrorState";
import { Facts } from "../ui/Facts";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Progress } from "../ui/Progress";
import { Card, Section } from "../ui/Section";
import { Select } from "../ui/Select";
import { Skeleton } from "../ui/Skeleton";
import { millis } from "../format/instant";
import { bytesText } from "./bytes";
import { RetentionForm } from "./RetentionForm";
import { type Amount, retentionQuery, type Storage, storageQuery, useRemoval } from "./storage";
import styles from "./StoragePage.module.css";

export function StoragePage() {
  const t = useTranslations("settings");
  const { organisation, organisations } = useScope();
  const [chosen, setChosen] = useState<string>();
  const id = chosen ?? organisation ?? organisations[0]?.id;
  const choice = organisations.length > 1 && id !== undefined && (
    <Select label={t("storage.organisation")} hideLabel items={organisations.map((one) => ({ id: one.id, label: one.name }))} value={id} onChange={setChosen} />
  );
  return (
    <Page
      title={t("storage.title")}
      subtitle={t("storage.what")}
      breadcrumb={<Breadcrumb steps={[{ key: "settings", link: <Link to="/settings">{t("title")}</Link> }]} />}
      action={choice}
    >
      {id !== undefined && <OfOrganisation key={id} id={id} />}
    </Page>
  );
}

function OfOrganisation({ id }: { id: string }) {
  const t = useTranslations("settings.storage");
  const mayManage = useMayManage(id);
  const storage = useQuery(storageQuery(id));
  const retention = useQuery(retentionQuery(id));
  useRemoval(id, storage.data);
  if (storage.data === undefined) {
    return storage.error === null ? <Skeleton height={320} /> : <ErrorState error={storage.error} onRetry={() => void storage.refetch()} />;
  }
  return (
    <>
      <Warnings storage={storage.data} />
      <Total storage={storage.data} />
      <Section title={t("retention.title")}>
        <Card>
          {retention.data === undefined ? <Skeleton height={240} /> : <RetentionForm key={JSON.stringify(retention.data)} organisation={id} retention={retention.data} mayManage={mayManage} />}
        </Card>
      </Section>
      <Parts storage={storage.data} />
    </>
  );
}

function Warnings({ storage }: { storage: Storage }) {
  const t = useTranslations("settings.storage");
  const { damaged_chunks: damaged } = storage.total;
  const { removal } = storage;
  return (
    <>
      {damaged > 0 && (
        <Notice tone="attention" title={t("damaged.title", { count: damaged })}>
          {t("damaged.what", { devices: storage.devices.filter((one) => one.damaged_chunks > 0).map((one) => one.name).join(", ") })}
        </Notice>
      )}
      {removal && (
        <Card>
          <Progress label={t("removal")} value={removal.devices_done} max={Math.max(1, removal.devices)} valueLabel={t("removalPart", { done: removal.devices_done, all: removal.devices })} />
        </Card>
      )}
    </>
  );
}

/** Nothing is known of the size before the first values are compressed. */
function sizeOf(amount: Amount, locale: string): string {
  return amount.points === 0 ? "–" : bytesText(amount.bytes + amount.rollup_bytes, locale);
}

function Total({ storage: { total, points_max: pointsMax, removed_at: removedAt } }: { storage: Storage }) {
  const t = useTranslations("settings.storage");
  const voice = useVoice();
  const zone = useTimeZone() ?? "UTC";
  const count = (value: number) => numberFormat(voice.locale).format(value);
  const figures = [
    { name: t("points"), value: count(total.points + total.hot_points) },
    { name: t("bytes"), value: sizeOf(total, voice.locale) },
    { name: t("perPoint"), value: total.bytes_per_point == null ? "–" : bytesText(total.bytes_per_point, voice.locale) },
    { name: t("series"), value: count(total.series) },
  ];
  const moment = (at: string | null | undefined) => (at == null ? "–" : fullMoment(millis(at), voice, zone));
  const facts = [
    { name: t("first"), value: moment(total.first) },
    { name: t("last"), value: moment(total.last) },
    { name: t("rollups"), value: bytesText(total.rollup_bytes, voice.locale) },
    { name: t("hot"), value: count(total.hot_points) },
    ...(pointsMax == null ? [] : [{ name: t("pointsMax"), value: count(pointsMax) }]),
    ...(removedAt == null ? [] : [{ name: t("removedAt"), value: moment(removedAt) }]),
  ];
  return (
    <Section title={t("total")}>
      <Card>
        <dl className={styles.figures}>
          {figures.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Facts items={facts} />
      </Card>
    </Section>
  );
}

function Parts({ storage }: { storage: Storage }) {
  const t = useTranslations("settings.storage");
  const homes = useQuery(homesQuery).data ?? [];
  const largest = storage.homes.toSorted((a, b) => b.bytes - a.bytes);
  const nameOf = (id: string) => homes.find((one) => one.id === id)?.name ?? "…";
  return (
    <>
      {largest.length > 0 && (
        <Section title={t("byHome")}>
          <Amounts
            label={t("byHome")}
            rows={largest.map((one) => ({ key: one.home, name: <Link to="/homes/$homeId" params={{ homeId: one.home }}>{nameOf(one.home)}</Link>, amount: one }))}
          />
        </Section>
      )}
      {storage.devices.length > 0 && (
        <Section title={t("byDevice")}>
          <Amounts
            label={t("byDevice")}
            rows={storage.devices.map((one) => ({ key: one.device, name: <Link to="/devices/$deviceId" params={{ deviceId: one.device }}>{one.name}</Link>, amount: one }))}
          />
        </Section>
      )}
    </>
  );
}

function Amounts({ label, rows }: { label: string; rows: readonly { key: string; name: React.ReactNode; amount: Amount }[] }) {
  const t = useTranslations("settings.storage");
  const { locale } = useVoice();
  const count = (value: number) => numberFormat(locale).format(value);
  return (
    <Card flush>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t("name")}</th>
            <th scope="col" className={styles.wide}>{t("series")}</th>
            <th scope="col">{t("points")}</th>
            <th scope="col">{t("bytes")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, amount }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              <td className={styles.wide}>{count(amount.series)}</td>
              <td>{count(amount.points + amount.hot_points)}</td>
              <td>{sizeOf(amount, locale)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
