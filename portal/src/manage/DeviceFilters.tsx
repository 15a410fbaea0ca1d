// The filters of the devices list: words, home, room, state and tag.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { devicesQuery, homesQuery, roomsQuery } from "../api/lists";
import { useScope } from "../app/scope";
import { Select } from "../ui/Select";
import { SearchField } from "../ui/TextField";
import { type DevicesSearch, STATUSES } from "./devices-search";
import styles from "./Manage.module.css";
import { NO_ROOM, tagsIn } from "./rows";

const route = getRouteApi("/_app/devices");
const ALL = "all";

export function DeviceFilters() {
  const t = useTranslations("manage.filter");
  const presence = useTranslations("ui.presence");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { organisation } = useScope();
  const homes = (useQuery(homesQuery).data ?? []).filter((home) => organisation === undefined || home.organisation === organisation);
  const rooms = (useQuery(roomsQuery()).data ?? []).filter((room) => room.home === search.home);
  const tags = tagsIn(useQuery(devicesQuery()).data ?? []);
  const set = (change: { [K in keyof DevicesSearch]?: DevicesSearch[K] | undefined }) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined && value !== "")) as DevicesSearch,
      replace: true,
    });
  const choice = <Id extends string>(id: Id | typeof ALL) => (id === ALL ? undefined : id);
  return (
    <div className={styles.filters} role="group" aria-label={t("label")}>
      <div className={styles.search}>
        <SearchField label={t("search")} value={search.q ?? ""} onChange={(q) => set({ q })} />
      </div>
      <Select
        hideLabel
        label={t("home")}
        value={search.home ?? ALL}
        onChange={(home) => set({ home: choice(home), room: undefined })}
        items={[{ id: ALL, label: t("allHomes") }, ...homes.map(({ id, name }) => ({ id, label: name }))]}
      />
      {search.home !== undefined && (
        <Select
          hideLabel
          label={t("room")}
          value={search.room ?? ALL}
          onChange={(room) => set({ room: choice(room) })}
          items={[{ id: ALL, label: t("allRooms") }, ...rooms.map(({ id, name }) => ({ id, label: name })), { id: NO_ROOM, label: t("noRoom") }]}
        />
      )}
      <Select
        hideLabel
        label={t("status")}
        value={search.status ?? ALL}
        onChange={(status) => set({ status: choice(status) })}
        items={[{ id: ALL, label: t("allStatuses") }, ...STATUSES.map((id) => ({ id, label: presence(id) }))]}
      />
      {tags.length > 0 && (
        <Select
          hideLabel
          label={t("tag")}
          value={search.tag ?? ALL}
          onChange={(tag) => set({ tag: choice(tag) })}
          items={[{ id: ALL, label: t("allTags") }, ...tags.map((id) => ({ id, label: id }))]}
        />
      )}
    </div>
  );
}
