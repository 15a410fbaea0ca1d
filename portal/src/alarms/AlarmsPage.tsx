// What was raised and wants somebody: taken notice of here, with who did and how old it is; raised by hand, too.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BellOff, FilterX, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { openAlarmsQuery, useAlarms } from "../api/alarms";
import { homesQuery } from "../api/lists";
import { useProfile } from "../api/session";
import { useScope } from "../app/scope";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Card } from "../ui/Section";
import { Select } from "../ui/Select";
import { SkeletonRows } from "../ui/Skeleton";
import { AlarmRow } from "./AlarmRow";
import { ALARM_STATES, type AlarmsSearch } from "./alarms-search";
import styles from "./Alarms.module.css";
import { byUrgency, together } from "./order";

const route = getRouteApi("/_app/alarms");
const ALL = "all";
const RaiseDialog = lazy(async () => ({ default: (await import("./RaiseDialog")).RaiseDialog }));

export function AlarmsPage() {
  const t = useTranslations("alarms");
  const { organisation } = useScope();
  const { home, state } = route.useSearch();
  const place = { ...(organisation !== undefined && { organisation }), ...(home !== undefined && { home }) };
  const alarms = useAlarms({ ...place, ...(state !== undefined && { state }) });
  // An old one may still be open, far below newer ones that are over.
  const open = useQuery({ ...openAlarmsQuery(place), enabled: state === undefined }).data;
  const items = together(state === undefined ? (open ?? []) : [], alarms.data?.pages.flatMap((page) => page.items) ?? []).toSorted(byUrgency);
  const filtered = home !== undefined || state !== undefined;
  return (
    <Page title={t("title")} subtitle={t("what")} action={<Raise home={home} />}>
      <Filters />
      {alarms.isPending && <SkeletonRows count={4} label={t("loading")} />}
      {alarms.isError && !alarms.data && <ErrorState error={alarms.error} onRetry={() => void alarms.refetch()} />}
      {alarms.data && items.length === 0 && (
        <EmptyState icon={BellOff} title={t(filtered ? "nothing" : "empty")} why={t(filtered ? "nothingWhy" : "emptyWhy")} />
      )}
      {items.length > 0 && (
        <Card flush>
          <ul>
            {items.map((alarm) => (
              <AlarmRow key={alarm.id} alarm={alarm} />
            ))}
          </ul>
        </Card>
      )}
      {alarms.hasNextPage && (
        <div>
          <Button busy={alarms.isFetchingNextPage} onPress={() => void alarms.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

/** Everybody but those who only look; the server decides in any case. */
function Raise({ home }: { home: string | undefined }) {
  const t = useTranslations("alarms.raise");
  const { organisation } = useScope();
  const { memberships } = useProfile();
  const [open, setOpen] = useState(false);
  const acting = memberships.filter((one) => one.role !== "viewer" && (organisation === undefined || one.organisation === organisation));
  const homes = (useQuery(homesQuery).data ?? []).filter((one) => acting.some((membership) => membership.organisation === one.organisation));
  if (homes.length === 0) return null;
  return (
    <>
      <Button variant="primary" icon={Plus} onPress={() => setOpen(true)}>
        {t("button")}
      </Button>
      <Suspense>{open && <RaiseDialog homes={homes} home={home} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}

function Filters() {
  const t = useTranslations("alarms");
  const { organisation } = useScope();
  const { home, state } = route.useSearch();
  const navigate = route.useNavigate();
  const homes = (useQuery(homesQuery).data ?? []).filter((one) => organisation === undefined || one.organisation === organisation);
  const set = (change: AlarmsSearch) => void navigate({ search: ({ org }) => ({ ...(org && { org }), home, state, ...change }), replace: true });
  return (
    <div className={styles.filters} role="group" aria-label={t("filter")}>
      <Select
        hideLabel
        label={t("state")}
        value={state ?? ALL}
        onChange={(next) => set({ state: ALARM_STATES.find((one) => one === next) })}
        items={[{ id: ALL, label: t("allStates") }, ...ALARM_STATES.map((id) => ({ id, label: t(`states.${id}`) }))]}
      />
      <Select
        hideLabel
        label={t("home")}
        value={home ?? ALL}
        onChange={(next) => set({ home: next === ALL ? undefined : next })}
        items={[{ id: ALL, label: t("allHomes") }, ...homes.map(({ id, name }) => ({ id, label: name }))]}
      />
      {(home !== undefined || state !== undefined) && (
        <Button variant="quiet" icon={FilterX} onPress={() => set({ home: undefined, state: undefined })}>
          {t("clear")}
        </Button>
      )}
    </div>
  );
}
