// Adds a device: register it, give it its credentials, wait until it speaks. Which device it is stands in the URL, so
// one may leave and come back; the credentials do not, they are shown once.
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { deviceQuery } from "../api/lists";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button, ButtonLink } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { SkeletonRows } from "../ui/Skeleton";
import type { Registered } from "./DeviceForm";
import styles from "./Onboarding.module.css";
import { presetFacts, sampleFor } from "./presets";
import type { Sample } from "./snippets";

// Each step is loaded when it comes.
const DeviceForm = lazy(async () => ({ default: (await import("./DeviceForm")).DeviceForm }));
const CredentialsPanel = lazy(async () => ({ default: (await import("./CredentialsPanel")).CredentialsPanel }));
const Waiting = lazy(async () => ({ default: (await import("./Waiting")).Waiting }));

const route = getRouteApi("/_app/devices/add");

interface Known {
  registered: Registered;
  sample: Sample;
}

export function AddDevicePage() {
  const t = useTranslations("onboarding");
  const { home, room, device } = route.useSearch();
  const navigate = route.useNavigate();
  const [known, setKnown] = useState<Known>();
  const current = known !== undefined && known.registered.id === device ? known : undefined;
  function remember(next: Known): void {
    setKnown(next);
    void navigate({ search: (search) => ({ ...search, device: next.registered.id }) });
  }
  return (
    <Page
      title={t(device === undefined ? "title" : "titleConnect")}
      subtitle={t(device === undefined ? "subtitle" : "subtitleConnect")}
      breadcrumb={<Breadcrumb steps={[{ key: "devices", link: <Link to="/devices">{t("devices")}</Link> }]} />}
      action={device === undefined && <ButtonLink to="/devices/import">{t("many")}</ButtonLink>}
    >
      <div className={styles.page}>
        <Suspense fallback={<SkeletonRows count={6} label={t("loading")} />}>
        {device === undefined ? (
          <DeviceForm
            home={home}
            room={room}
            onRegistered={(registered, preset, capabilities) => remember({ registered, sample: presetFacts(preset, capabilities).sample })}
          />
        ) : current === undefined ? (
          <ComeBack deviceId={device} onCredentials={(registered) => remember({ registered, sample: sampleFor(registered.endpoints) })} />
        ) : (
          <>
            <CredentialsPanel name={current.registered.name} credentials={current.registered.credentials} sample={current.sample} />
            <Waiting deviceId={device} name={current.registered.name} />
          </>
        )}
        </Suspense>
      </div>
    </Page>
  );
}

/** Somebody who left while waiting: the device is there, its credentials cannot be shown again. */
function ComeBack({ deviceId, onCredentials }: { deviceId: string; onCredentials: (registered: Registered) => void }) {
  const t = useTranslations("onboarding.back");
  const device = useQuery(deviceQuery(deviceId));
  const rotate = useMutation({
    mutationFn: () => answer(api.POST("/api/iot/devices/{id}/credentials", { params: { path: { id: deviceId } } })),
    onSuccess: onCredentials,
  });
  if (device.isPending) return <SkeletonRows count={3} label={t("loading")} />;
  if (device.isError) return <ErrorState error={device.error} onRetry={() => void device.refetch()} />;
  return (
    <>
      <Notice
        tone="unknown"
        title={t("title", { name: device.data.name })}
        action={
          <Button icon={KeyRound} busy={rotate.isPending} onPress={() => rotate.mutate()}>
            {t("rotate")}
          </Button>
        }
      >
        {t("why")}
      </Notice>
      {rotate.isError && <ErrorNotice error={rotate.error} />}
      <Waiting deviceId={deviceId} name={device.data.name} />
    </>
  );
}
