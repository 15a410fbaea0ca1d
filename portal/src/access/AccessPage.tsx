// Who may enter, where and when: what will be here, and the locks as they are today.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound, Lock, LockOpen } from "lucide-react";
import { lazy, Suspense } from "react";
import { useLocale, useTranslations } from "use-intl";
import { useHomes } from "../api/homes";
import { type Device, devicesQuery } from "../api/lists";
import { useScope } from "../app/scope";
import { latestOf } from "../device/controls/control";
import { ReadingAge, ReadingText } from "../device/ReadingText";
import { toneOf, twoStateOf } from "../format/wording";
import { useDeviceState } from "../live/hooks";
import { withSeldomWords } from "../i18n/seldom";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { List, ListRow } from "../ui/List";
import { Page } from "../ui/Page";
import { Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";

const People = lazy(() => withSeldomWords(import("../people/People").then((module) => module.People)));

/** More than these are found faster in the list of devices. */
const MOST = 50;
const STATE = "DoorLock.LockState";

function lockOf(device: Device): number | undefined {
  return device.endpoints.find(({ capabilities }) => capabilities.includes("DoorLock"))?.endpoint;
}

export function AccessPage() {
  const t = useTranslations("places.access");
  const locale = useLocale();
  const { organisation } = useScope();
  const devices = useQuery(devicesQuery());
  const collator = new Intl.Collator(locale, { numeric: true });
  const locks = (devices.data ?? [])
    .filter((device) => lockOf(device) !== undefined && (organisation === undefined || device.organisation === organisation))
    .toSorted((a, b) => collator.compare(a.name, b.name));
  return (
    <Page title={t("title")} subtitle={t("what")}>
      {devices.isPending && <SkeletonRows count={3} label={t("loading")} />}
      {devices.isError && !devices.data && <ErrorState error={devices.error} onRetry={() => void devices.refetch()} />}
      {locks.length > 0 && (
        <Section title={t("locks")} count={locks.length}>
          <List>
            {locks.slice(0, MOST).map((device) => (
              <LockRow key={device.id} device={device} />
            ))}
          </List>
        </Section>
      )}
      {devices.data !== undefined && (
        <EmptyState
          icon={KeyRound}
          plain={locks.length > 0}
          title={t(locks.length > 0 ? "toCome" : "noLock")}
          why={t(locks.length > 0 ? "why" : "whyNoLock")}
          action={
            locks.length > 0 ? (
              <ButtonLink to="/events" search={{ type: "values" }}>{t("who")}</ButtonLink>
            ) : (
              <ButtonLink to="/devices/add" variant="primary">
                {t("add")}
              </ButtonLink>
            )
          }
        />
      )}
      <Suspense fallback={<SkeletonRows count={3} label={t("loading")} />}>
        <People />
      </Suspense>
    </Page>
  );
}

function LockRow({ device }: { device: Device }) {
  const home = useHomes().data?.find(({ id }) => id === device.home);
  const state = useDeviceState(device.id);
  const latest = latestOf(state, lockOf(device) ?? 0, STATE);
  const tone = latest && toneOf(STATE, latest.value);
  return (
    <ListRow
      icon={latest === undefined || latest.value === "Locked" ? Lock : LockOpen}
      tone={tone === "ok" || tone === "attention" ? tone : undefined}
      title={
        <Link to="/devices/$deviceId" params={{ deviceId: device.id }}>
          {device.name}
        </Link>
      }
      detail={home?.name}
      end={
        state !== undefined &&
        latest !== undefined && (
          <>
            <ReadingText latest={latest} twoState={twoStateOf(device)} />{" "}
            <ReadingAge latest={latest} state={state} expectedIntervalS={device.expected_interval_s} zone={home?.time_zone ?? "UTC"} />
          </>
        )
      }
    />
  );
}
