// The filters of the event stream: home, device, kind and days. What is chosen goes into the URL.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FilterX } from "lucide-react";
import { useTranslations } from "use-intl";
import { homesQuery } from "../api/lists";
import { devicesQuery } from "../api/lists";
import { Button } from "../ui/Button";
import { DayField } from "./DayField";
import { EVENT_KINDS } from "./kinds";
import { Select } from "../ui/Select";
import type { EventsSearch } from "./events-search";
import styles from "./Events.module.css";

const route = getRouteApi("/_app/events");
const app = getRouteApi("/_app");
const ALL = "all";

/** Leaves out what is `undefined`, as the URL does. */
function without(search: Record<string, string | undefined>): EventsSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as EventsSearch;
}

export function EventFilters() {
  const t = useTranslations("events.filter");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { org } = app.useSearch();
  const homes = (useQuery(homesQuery).data ?? []).filter((home) => org === undefined || home.organisation === org);
  const devices = (useQuery(devicesQuery()).data ?? []).filter(
    (device) => (search.home === undefined || device.home === search.home) && (org === undefined || device.organisation === org),
  );
  const set = (change: Partial<Record<keyof EventsSearch, string | undefined>>) =>
    void navigate({ search: ({ org: kept }) => ({ ...(kept && { org: kept }), ...without({ ...search, ...change }) }), replace: true });
  const choice = (id: string) => (id === ALL ? undefined : id);
  return (
    <div className={styles.filters} role="group" aria-label={t("label")}>
      <Select
        hideLabel
        label={t("home")}
        value={search.home ?? ALL}
        onChange={(home) => set({ home: choice(home), device: undefined })}
        items={[{ id: ALL, label: t("allHomes") }, ...homes.map(({ id, name }) => ({ id, label: name }))]}
      />
      <Select
        hideLabel
        label={t("device")}
        value={search.device ?? ALL}
        onChange={(device) => set({ device: choice(device) })}
        items={[{ id: ALL, label: t("allDevices") }, ...devices.map(({ id, name }) => ({ id, label: name }))]}
      />
      <Select
        hideLabel
        label={t("kind")}
        value={search.type ?? ALL}
        onChange={(kind) => set({ type: choice(kind) })}
        items={[{ id: ALL, label: t("allKinds") }, ...EVENT_KINDS.map((id) => ({ id, label: t(`kinds.${id}`) }))]}
      />
      <DayField label={t("from")} value={search.from} onChange={(from) => set({ from })} />
      <DayField label={t("until")} value={search.until} onChange={(until) => set({ until })} />
      {Object.keys(search).some((name) => name !== "org") && (
        <Button
          variant="quiet"
          icon={FilterX}
          onPress={() => set({ home: undefined, device: undefined, type: undefined, from: undefined, until: undefined })}
        >
          {t("clear")}
        </Button>
      )}
    </div>
  );
}
