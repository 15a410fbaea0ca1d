// What people do to the readings of one device: take in those that another system has, correct one that was wrong,
// remove those that should not be kept.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { useHome } from "../api/homes";
import { type Device, deviceQuery } from "../api/lists";
import { useMayManage } from "../app/scope";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import { Tabs } from "../ui/Tabs";
import { Kept } from "./Kept";
import { allTime, countQuery } from "./queries";
import { READING_TASKS, type ReadingTask } from "./readings-search";

// One of them at a time.
const ImportReadings = lazy(async () => ({ default: (await import("./ImportReadings")).ImportReadings }));
const CorrectReadings = lazy(async () => ({ default: (await import("./CorrectReadings")).CorrectReadings }));
const RemoveReadings = lazy(async () => ({ default: (await import("./RemoveReadings")).RemoveReadings }));

export function ReadingsPage() {
  const { deviceId } = useParams({ from: "/_app/devices/$deviceId/readings" });
  const t = useTranslations("readings");
  const device = useQuery(deviceQuery(deviceId));
  if (device.data !== undefined) return <OfDevice key={deviceId} device={device.data} />;
  return <Page title={t("title")}>{device.isError ? <ErrorState error={device.error} onRetry={() => void device.refetch()} /> : <Skeleton height={320} />}</Page>;
}

function OfDevice({ device }: { device: Device }) {
  const t = useTranslations("readings");
  const search = useSearch({ from: "/_app/devices/$deviceId/readings" });
  const navigate = useNavigate({ from: "/devices/$deviceId/readings" });
  const mayManage = useMayManage(device.organisation);
  const home = useHome(device.home).data;
  const viewers = useTimeZone() ?? "UTC";
  const zone = home?.time_zone ?? viewers;
  const now = useNow();
  // One span for as long as one looks: another would be another question.
  const [all] = useState(() => allTime(now));
  const scope = { of: "device", id: device.id, name: device.name } as const;
  const stored = useQuery(countQuery(scope, all, undefined));
  const change = (task: ReadingTask) =>
    void navigate({ to: "/devices/$deviceId/readings", params: { deviceId: device.id }, search: (before) => ({ ...before, task }), replace: true, resetScroll: false });
  const params = { deviceId: device.id };
  const steps = [
    { key: "home", link: <Link to="/homes/$homeId" params={{ homeId: device.home }}>{home?.name ?? t("home")}</Link> },
    { key: "device", link: <Link to="/devices/$deviceId" params={params}>{device.name}</Link> },
  ];
  const contents = {
    import: <ImportReadings device={device} />,
    correct: <CorrectReadings device={device} zone={zone} stored={stored.data} />,
    remove: <RemoveReadings scope={scope} zone={zone} stored={stored.data} device={device} />,
  };
  const items = READING_TASKS.map((id) => ({ id, label: t(`task.${id}`), content: <Suspense fallback={<Skeleton height={320} />}>{contents[id]}</Suspense> }));
  return (
    <Page title={t("titleOf", { name: device.name })} subtitle={<Kept stored={stored.data} zone={zone} />} breadcrumb={<Breadcrumb steps={steps} />}>
      {mayManage ? (
        <Tabs label={t("task.label")} value={search.task ?? "import"} onChange={change} items={items} />
      ) : (
        <EmptyState icon={Lock} title={t("reader.title")} why={t("reader.why")} action={<ButtonLink to="/devices/$deviceId" params={params}>{t("reader.back")}</ButtonLink>} />
      )}
    </Page>
  );
}
