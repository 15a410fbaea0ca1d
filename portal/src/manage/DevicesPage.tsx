// All devices as a list to filter, sort and manage; what is chosen stands in the URL.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Blocks, Plus, SearchX } from "lucide-react";
import { lazy, memo, Suspense, useDeferredValue, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { devicesQuery, homesQuery, roomsQuery } from "../api/lists";
import { useMayManage, useScope } from "../app/scope";
import { useAllStates } from "../live/hooks";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button, ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Card } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { Presence } from "../ui/Status";
import { type Column, Table } from "../ui/Table";
import { DeviceFilters } from "./DeviceFilters";
import styles from "./Manage.module.css";
import { chosenRows, type DeviceRow, deviceRows } from "./rows";

// The list comes first; what one does with it follows.
const BulkBar = lazy(async () => ({ default: (await import("./BulkBar")).BulkBar }));
const DeviceMenu = lazy(async () => ({ default: (await import("./DeviceMenu")).DeviceMenu }));

const route = getRouteApi("/_app/devices");

export function DevicesPage() {
  const t = useTranslations("manage");
  const { organisation } = useScope();
  const mayManage = useMayManage(organisation);
  const { home } = route.useSearch();
  const devices = useQuery(devicesQuery());
  const add = mayManage && (
    <>
      <ButtonLink to="/devices/import">{t("import.open")}</ButtonLink>
      <ButtonLink to="/devices/add" search={{ home }} variant="primary" icon={Plus}>
        {t("add")}
      </ButtonLink>
    </>
  );
  return (
    <Page title={t("title")} action={add}>
      {devices.isPending && <SkeletonRows count={8} label={t("loading")} />}
      {devices.isError && !devices.data && <ErrorState error={devices.error} onRetry={() => void devices.refetch()} />}
      {devices.data?.length === 0 && <EmptyState icon={Blocks} title={t("empty.title")} why={t("empty.why")} action={add} />}
      {devices.data && devices.data.length > 0 && <List mayManage={mayManage} />}
    </Page>
  );
}

function List({ mayManage }: { mayManage: boolean }) {
  const t = useTranslations("manage");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { organisation } = useScope();
  const devices = useQuery(devicesQuery()).data;
  const homes = useQuery(homesQuery).data;
  const rooms = useQuery(roomsQuery()).data;
  const states = useAllStates(organisation);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  // Presence makes devices new with nearly every loading: the rows then follow in pieces.
  const all = useDeferredValue(useMemo(() => deviceRows(devices ?? [], { homes: homes ?? [], rooms: rooms ?? [] }, states), [devices, homes, rooms, states]));
  const rows = useMemo(() => chosenRows(all, search, organisation), [all, search, organisation]);
  const selected = rows.filter(({ id }) => chosen.has(id)).map(({ device }) => device);
  return (
    <>
      <DeviceFilters />
      <Suspense>{selected.length > 0 && <BulkBar devices={selected} onDone={() => setChosen(new Set())} />}</Suspense>
      {rows.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title={t("none.title")}
          why={t("none.why")}
          action={<Button onPress={() => void navigate({ search: ({ org }) => (org === undefined ? {} : { org }) })}>{t("none.all")}</Button>}
        />
      ) : (
        <DeviceTable rows={rows} mayManage={mayManage} chosen={chosen} onChoose={setChosen} />
      )}
      <p className={styles.help}>{t("count", { shown: rows.length, all: all.length })}</p>
    </>
  );
}

interface DeviceTableProps {
  rows: readonly DeviceRow[];
  mayManage: boolean;
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
}

/** Drawn again for new rows only, which come in pieces: what the list is made of arrives in many answers. */
const DeviceTable = memo(function DeviceTable({ rows, mayManage, chosen, onChoose }: DeviceTableProps) {
  const t = useTranslations("manage");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useColumns(mayManage);
  return (
    <Card flush>
      <Table
        label={t("title")}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        rowHeight={56}
        sort={search.sort === undefined ? undefined : { column: search.sort, descending: search.desc === true }}
        onSort={({ column, descending }) =>
          void navigate({
            search: (before) => {
              const { desc: _, ...rest } = before;
              return { ...rest, sort: column as "name", ...(descending && { desc: true as const }) };
            },
            replace: true,
          })
        }
        {...(mayManage && { selection: { chosen, onChange: onChoose, nameOf: (row: DeviceRow) => row.device.name } })}
      />
    </Card>
  );
});

function useColumns(mayManage: boolean): Column<DeviceRow>[] {
  const t = useTranslations("manage");
  return useMemo(
    () => [
      {
        id: "name",
        title: t("name"),
        sort: ({ device }) => device.name,
        cell: ({ device, home, room }) => (
          <div className={styles.two}>
            <Link to="/devices/$deviceId" params={{ deviceId: device.id }}>
              {device.name}
            </Link>
            <span className={styles.phoneOnly}>{[home, room].filter(Boolean).join(" · ")}</span>
          </div>
        ),
      },
      {
        id: "place",
        title: t("place"),
        wideOnly: true,
        sort: ({ home, room }) => `${home} ${room ?? ""}`,
        cell: ({ home, room }) => (
          <div className={styles.two}>
            <span>{home}</span>
            <span className={styles.soft}>{room ?? t("noRoom")}</span>
          </div>
        ),
      },
      {
        id: "kind",
        title: t("kind"),
        wideOnly: true,
        sort: ({ device }) => `${device.vendor} ${device.model}`,
        cell: ({ device }) => (
          <div className={styles.two}>
            <span>{[device.vendor, device.model].filter(Boolean).join(" ")}</span>
            <span className={styles.tags}>
              {device.tags.slice(0, 3).map((tag) => (
                <Badge key={tag}>{tag}</Badge>
              ))}
            </span>
          </div>
        ),
      },
      { id: "status", title: t("status"), width: "116px", sort: ({ status }) => status, cell: ({ status }) => <Presence status={status} soft /> },
      {
        id: "seen",
        title: t("seen"),
        width: "120px",
        wideOnly: true,
        sort: ({ lastSeen }) => lastSeen,
        cell: ({ lastSeen }) => (lastSeen === null ? <span className={styles.soft}>{t("never")}</span> : <Age time={lastSeen} />),
      },
      ...(mayManage ? [{ id: "menu", title: t("menu.column"), hideTitle: true, width: "64px", align: "end" as const, cell: ({ device }: DeviceRow) => (
              <Suspense>
                <DeviceMenu device={device} />
              </Suspense>
            ) }] : []),
    ],
    [t, mayManage],
  );
}
