// Energy, comfort and cost over time: what will be here, and what is known today of each home's own meters.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { type Home, useHomes } from "../api/homes";
import { type Device, devicesQuery } from "../api/lists";
import { useScope } from "../app/scope";
import { UsagePanel } from "../chart/UsagePanel";
import { latestOf } from "../device/controls/control";
import { type HomeMeter, metersOf } from "../home/rooms";
import { chooseHomes } from "../homes/order";
import { useDeviceState } from "../live/hooks";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import styles from "./InsightsPage.module.css";

/** Each panel asks for a week of history, so they come by the dozen. */
const MORE = 12;

export function InsightsPage() {
  const t = useTranslations("places.insights");
  const locale = useLocale();
  const { organisation } = useScope();
  const homes = useHomes();
  const devices = useQuery(devicesQuery());
  const [most, setMost] = useState(MORE);
  const error = homes.error ?? devices.error;
  if (homes.data === undefined || devices.data === undefined) {
    return (
      <Page title={t("title")} subtitle={t("used")}>
        {error === null ? <Skeleton height={285} /> : <ErrorState error={error} onRetry={() => void Promise.all([homes.refetch(), devices.refetch()])} />}
      </Page>
    );
  }
  const known = devices.data;
  const metered = chooseHomes(homes.data, { organisation }, locale)
    .map((home) => ({ home, meters: metersOf(known.filter((device) => device.home === home.id)) }))
    .filter(({ meters }) => meters.length > 0);
  return (
    <Page title={t("title")} {...(metered.length > 0 && { subtitle: t("used") })}>
      {metered.length > 0 && (
        <div className={styles.meters}>
          {metered.slice(0, most).flatMap(({ home, meters }) => meters.map((meter) => <Meter key={meter.device.id + meter.attribute} home={home} meter={meter} />))}
        </div>
      )}
      {metered.length > most && <Button onPress={() => setMost(most + MORE)}>{t("more", { count: metered.length - most })}</Button>}
      <ToCome hasMeters={metered.length > 0} devices={known} />
    </Page>
  );
}

function Meter({ home, meter }: { home: Home; meter: HomeMeter }) {
  const t = useTranslations("home.usage");
  const { device, endpoint, attribute, name } = meter;
  const state = useDeviceState(device.id);
  const history = (
    <Link to="/devices/$deviceId" params={{ deviceId: device.id }} search={{ attribute: `${endpoint}/${attribute}`, range: "30d" }}>
      {t(name)}
    </Link>
  );
  return (
    <Section title={home.name} action={history}>
      <Card>
        <UsagePanel device={device.id} endpoint={endpoint} attribute={attribute} zone={home.time_zone} latest={latestOf(state, endpoint, attribute)} />
      </Card>
    </Section>
  );
}

/** Without any meter, the way to the first one. */
function ToCome({ hasMeters, devices }: { hasMeters: boolean; devices: readonly Device[] }) {
  const t = useTranslations("places.insights");
  return (
    <EmptyState
      icon={ChartLine}
      plain={hasMeters}
      title={t(hasMeters ? "toCome" : "what")}
      why={t(hasMeters ? "why" : "whyNoMeter")}
      action={
        <>
          {!hasMeters && <ButtonLink to="/devices/add" variant="primary">{t("add")}</ButtonLink>}
          {devices.length > 0 && <ButtonLink to="/devices">{t("today")}</ButtonLink>}
        </>
      }
    />
  );
}
