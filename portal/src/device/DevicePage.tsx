// One device: its values with their age, controls, history, and what happened to it and why.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, memo, Suspense, useDeferredValue } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { useHome } from "../api/homes";
import { type Device, deviceQuery, roomsQuery } from "../api/lists";
import { useProfile } from "../api/session";
import { useDeviceCommands, useFollowCommands } from "../command/use-commands";
import { twoStateOf } from "../format/wording";
import { type DeviceState, useDeviceState } from "../live/hooks";
import { Age } from "../ui/Age";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { Skeleton, SkeletonRows } from "../ui/Skeleton";
import { Presence } from "../ui/Status";
import styles from "./DevicePage.module.css";
import { DeviceFacts } from "./Facts";
import { controlledParts } from "./presentation";
import { IdentifyButton } from "./IdentifyButton";
import { Values } from "./Values";

// What is in view first is there first: values. The rest follows, in the shape of its skeleton.
const Controls = lazy(async () => ({ default: (await import("./Controls")).Controls }));
const DeviceTabs = lazy(async () => ({ default: (await import("./DeviceTabs")).DeviceTabs }));
const Why = lazy(async () => ({ default: (await import("./Why")).Why }));
const Used = lazy(async () => ({ default: (await import("./Used")).Used }));
const DeviceHistory = lazy(async () => ({ default: (await import("./DeviceHistory")).DeviceHistory }));

/** As high as what they stand for: the list of events, one control, one counter. */
const WHY_PX = 276;
const CONTROLS_PX = 123;
const USED_PX = 285;

/** Capabilities that count. */
const COUNTING = new Set(["ElectricalEnergyMeasurement", "WaterVolume"]);

function mayCount(device: Device): boolean {
  return device.endpoints.some(({ capabilities }) => capabilities.some((one) => COUNTING.has(one)));
}

export function DevicePage() {
  const { deviceId } = useParams({ from: "/_app/devices/$deviceId" });
  const t = useTranslations("device");
  const device = useQuery(deviceQuery(deviceId));
  // Drawn in pieces when it comes, and whenever it is loaded again; another device's page is not shown meanwhile.
  const deferred = useDeferredValue(device.data);
  const shown = deferred === undefined || deferred.id === deviceId ? deferred : device.data;
  if (shown !== undefined) return <LoadedDevice key={deviceId} device={shown} />;
  return (
    <Page
      title={t("title")}
      {...(!device.isError && {
        breadcrumb: <Skeleton width={200} height={20} />,
        subtitle: <Skeleton width={240} height={20} />,
        action: <Skeleton width={104} height={40} />,
        aside: <Skeleton height={WHY_PX} />,
      })}
    >
      {device.isError ? (
        <ErrorState error={device.error} onRetry={() => void device.refetch()} />
      ) : (
        <>
          <SkeletonRows count={4} label={t("loading")} />
          <Skeleton height={260} />
        </>
      )}
    </Page>
  );
}

/** Until the home is known, times are the viewer's. */
function useZone(home: string): string {
  const viewers = useTimeZone() ?? "UTC";
  return useHome(home).data?.time_zone ?? viewers;
}

const LoadedDevice = memo(function LoadedDevice({ device }: { device: Device }) {
  const t = useTranslations("device");
  const zone = useZone(device.home);
  const state = useDeviceState(device.id);
  useFollowCommands({ devices: [device.id] });
  const commands = useDeviceCommands(device.id);
  const role = useProfile().memberships.find((one) => one.organisation === device.organisation)?.role;
  const twoState = twoStateOf(device);
  return (
    <Page
      title={device.name}
      breadcrumb={<Crumbs device={device} />}
      subtitle={<Header device={device} state={state} zone={zone} />}
      action={<IdentifyButton device={device} commands={commands} isDisabled={role === "viewer"} />}
      aside={
        <>
          <Suspense fallback={<Skeleton height={WHY_PX} />}>
            <Why device={device} zone={zone} />
          </Suspense>
          <DeviceFacts device={device} zone={zone} />
        </>
      }
    >
      <div className={styles.now}>
        <div className={styles.acts}>
          {controlledParts(device).length > 0 && (
            <Suspense fallback={<Skeleton height={CONTROLS_PX} />}>
              <Controls device={device} state={state} commands={commands} zone={zone} readOnly={role === "viewer"} />
            </Suspense>
          )}
          <Suspense fallback={mayCount(device) && <Skeleton height={USED_PX} />}>
            <Used device={device} state={state} zone={zone} mayCount={mayCount(device)} />
          </Suspense>
        </div>
        <Section title={t("values")}>
          <Card flush>
            <Values device={device} state={state} zone={zone} twoState={twoState} />
          </Card>
        </Section>
      </div>
      <Suspense fallback={<Skeleton height={320} />}>
        <DeviceHistory device={device} state={state} zone={zone} twoState={twoState} />
      </Suspense>
      <Suspense fallback={<SkeletonRows count={4} label={t("loading")} />}>
        <DeviceTabs device={device} state={state} zone={zone} />
      </Suspense>
    </Page>
  );
});

function Crumbs({ device }: { device: Device }) {
  const t = useTranslations("device");
  const home = useHome(device.home).data;
  const room = useQuery(roomsQuery(device.home)).data?.find((one) => one.id === device.room);
  const params = { homeId: device.home };
  return (
    <Breadcrumb
      steps={[
        { key: "home", link: <Link to="/homes/$homeId" params={params}>{home?.name ?? t("home")}</Link> },
        ...(room === undefined
          ? []
          : [{ key: "room", link: <Link to="/homes/$homeId" params={params} search={{ room: room.id }}>{room.name}</Link> }]),
      ]}
    />
  );
}

/** Presence with its age, and what it is. Presence comes live; as the device was read until then. */
function Header({ device, state, zone }: { device: Device; state: DeviceState | undefined; zone: string }) {
  const t = useTranslations("device");
  const status = state?.presence.status ?? device.presence.status;
  const lastSeen = state?.lastSeen ?? null;
  const kind = [device.vendor, device.model].filter((text) => text !== "").join(" ");
  return (
    <span className={styles.header}>
      <Presence status={status} soft />
      {state === undefined && <Skeleton width={110} height={20} />}
      {lastSeen !== null && <span>{t("seen")} <Age time={lastSeen} timeZone={zone} /></span>}
      {kind !== "" && <span>{kind}</span>}
    </span>
  );
}
