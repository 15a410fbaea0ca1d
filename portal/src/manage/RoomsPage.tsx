// A home's rooms (made, renamed, removed), and the home itself: its name, place, zone, and its end.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { DoorOpen, Pencil, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { useHome } from "../api/homes";
import { devicesQuery, type Room, roomsQuery } from "../api/lists";
import { useMayManage } from "../app/scope";
import { Breadcrumb } from "../ui/Breadcrumb";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./Manage.module.css";

// Forms and dialogs come after the list that one came for.
const HomeForm = lazy(async () => ({ default: (await import("./HomeForm")).HomeForm }));
const DeleteHome = lazy(async () => ({ default: (await import("./HomeForm")).DeleteHome }));
const RoomDialog = lazy(async () => ({ default: (await import("./RoomDialogs")).RoomDialog }));
const RemoveRoom = lazy(async () => ({ default: (await import("./RoomDialogs")).RemoveRoom }));

const route = getRouteApi("/_app/homes/$homeId/rooms");

/** `true` is a new room. */
type Editing = Room | true | undefined;

export function RoomsPage() {
  const t = useTranslations("manage.rooms");
  const { homeId } = route.useParams();
  const home = useHome(homeId);
  const rooms = useQuery(roomsQuery(homeId));
  const mayManage = useMayManage(home.data?.organisation);
  const [editing, setEditing] = useState<Editing>();
  const [removing, setRemoving] = useState<Room>();
  const add = mayManage && (
    <Button variant="primary" icon={Plus} onPress={() => setEditing(true)}>
      {t("add")}
    </Button>
  );
  if (home.isError && !home.data) return <ErrorState error={home.error} onRetry={() => void home.refetch()} />;
  return (
    <Page
      title={t("title")}
      action={add}
      breadcrumb={
        home.data && (
          <Breadcrumb
            steps={[
              { key: "homes", link: <Link to="/homes">{t("homes")}</Link> },
              { key: homeId, link: <Link to="/homes/$homeId" params={{ homeId }}>{home.data.name}</Link> },
            ]}
          />
        )
      }
    >
      <Section title={t("title")} {...(rooms.data && { count: rooms.data.length })}>
        {rooms.isPending && <SkeletonRows count={4} label={t("loading")} />}
        {rooms.isError && !rooms.data && <ErrorState error={rooms.error} onRetry={() => void rooms.refetch()} />}
        {rooms.data?.length === 0 && <EmptyState icon={DoorOpen} title={t("empty.title")} why={t("empty.why")} action={add} />}
        {rooms.data && rooms.data.length > 0 && <RoomList home={homeId} rooms={rooms.data} mayManage={mayManage} onEdit={setEditing} onRemove={setRemoving} />}
      </Section>
      {home.data && mayManage && (
        <Suspense fallback={<SkeletonRows count={4} label={t("loading")} />}>
          <Section title={t("home")}>
            <Card>
              <div className={styles.narrow}>
                <HomeForm key={home.data.id} home={home.data} />
              </div>
            </Card>
          </Section>
          <DeleteHome home={home.data} />
        </Suspense>
      )}
      <Suspense>
        {editing !== undefined && <RoomDialog home={homeId} room={editing === true ? undefined : editing} onClose={() => setEditing(undefined)} />}
        {removing !== undefined && <RemoveRoom room={removing} onClose={() => setRemoving(undefined)} />}
      </Suspense>
    </Page>
  );
}

interface RoomListProps {
  home: string;
  rooms: readonly Room[];
  mayManage: boolean;
  onEdit: (room: Room) => void;
  onRemove: (room: Room) => void;
}

function RoomList({ home, rooms, mayManage, onEdit, onRemove }: RoomListProps) {
  const t = useTranslations("manage.rooms");
  const devices = useQuery(devicesQuery({ home })).data ?? [];
  return (
    <Card flush>
      <ul>
        {rooms.map((room) => (
          <li key={room.id} className={styles.room}>
            <DoorOpen size={20} aria-hidden />
            <div className={styles.two}>
              <strong>{room.name}</strong>
              <Link to="/devices" search={{ home, room: room.id }} className={styles.soft}>
                {t("devices", { count: devices.filter((device) => device.room === room.id).length })}
              </Link>
            </div>
            {mayManage && (
              <>
                <IconButton size="small" icon={Pencil} label={t("renameOf", { name: room.name })} onPress={() => onEdit(room)} />
                <IconButton size="small" icon={Trash2} label={t("removeOf", { name: room.name })} onPress={() => onRemove(room)} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
