// One home by room: what needs attention, every device's state with its one likely action, and today's energy.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Cable, ChartLine, LayoutGrid, Plus, Plug } from "lucide-react";
import { lazy, memo, Suspense, useDeferredValue, useMemo } from "react";
import { useTranslations } from "use-intl";
import { attentionQuery } from "../api/attention";
import { type Home, useHome } from "../api/homes";
import { inboxQuery, waitingIn } from "../api/inbox";
import { type Device, devicesQuery, type Room, roomsQuery } from "../api/lists";
import { useProfile } from "../api/session";
import { useMayManage } from "../app/scope";
import { useFollowCommands } from "../command/use-commands";
import { zoneNote } from "../format/moment";
import { useVoice } from "../format/voice";
import { type DeviceStates, useHomeStates } from "../live/hooks";
import { Breadcrumb } from "../ui/Breadcrumb";
import { ButtonLink } from "../ui/Button";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Notice } from "../ui/Notice";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Section } from "../ui/Section";
import { Skeleton, SkeletonTiles } from "../ui/Skeleton";
import { Tiles } from "../ui/Tile";
import { DeviceTile } from "./DeviceTile";
import { HomeAttention } from "./HomeAttention";
import styles from "./HomePage.module.css";
import { byRoom, tally } from "./rooms";

const Aside = lazy(async () => ({ default: (await import("./Aside")).Aside }));

export function HomePage() {
  const { homeId } = useParams({ from: "/_app/homes/$homeId" });
  const t = useTranslations("home");
  const home = useHome(homeId);
  if (home.isError && home.data === undefined) {
    return (
      <Page title={t("title")} breadcrumb={<HomesCrumb />}>
        <ErrorState error={home.error} onRetry={() => void home.refetch()} />
      </Page>
    );
  }
  if (home.data === undefined) {
    return (
      <Page title={t("title")} breadcrumb={<HomesCrumb />} subtitle={<Skeleton width={180} height={20} />} action={<Skeleton width={220} height={40} />}>
        <SkeletonTiles count={8} label={t("loading")} />
      </Page>
    );
  }
  return <LoadedHome home={home.data} />;
}

function HomesCrumb() {
  const t = useTranslations("home");
  return <Breadcrumb steps={[{ key: "homes", link: <Link to="/homes">{t("homes")}</Link> }]} />;
}

function LoadedHome({ home }: { home: Home }) {
  const t = useTranslations("home");
  const rooms = useQuery(roomsQuery(home.id));
  const devices = useQuery(devicesQuery({ home: home.id }));
  const states = useHomeStates(home.id);
  // Presence makes devices new with nearly every loading: the tiles then follow in pieces.
  const shownRooms = useDeferredValue(rooms.data);
  const shownDevices = useDeferredValue(devices.data);
  useFollowCommands({ homes: [home.id] });
  const mayManage = useMayManage(home.organisation);
  const error = devices.error ?? rooms.error;
  // What needs attention stands above the rooms; coming after them, it would push them down.
  const concerns = useQuery(attentionQuery({ home: home.id }));
  const inbox = useQuery(inboxQuery(home.id));
  const judged = useDeferredValue(!concerns.isPending && !inbox.isPending);
  const waiting = waitingIn(inbox.data).length;
  const loaded = shownDevices !== undefined && shownRooms !== undefined && judged;
  const hasDevices = shownDevices !== undefined && shownDevices.length > 0;
  // The same element each time: else every answer that comes would draw all of it in one breath, as soon as its code is there.
  const aside = useMemo(
    () =>
      shownDevices !== undefined &&
      shownDevices.length > 0 && (
        <Suspense fallback={<Skeleton height={240} />}>
          <Aside key={home.id} home={home} devices={shownDevices} />
        </Suspense>
      ),
    [home, shownDevices],
  );
  return (
    <Page
      title={home.name}
      breadcrumb={<HomesCrumb />}
      subtitle={<Summary home={home} devices={shownDevices} states={states} />}
      action={shownDevices?.length !== 0 && <Shortcuts home={home.id} mayManage={mayManage} />}
      aside={aside}
    >
      {loaded && waiting > 0 && <FoundNotice home={home.id} count={waiting} />}
      {loaded && hasDevices && <HomeAttention home={home} />}
      {loaded ? (
        <Rooms home={home} rooms={shownRooms} devices={shownDevices} states={states} mayManage={mayManage} />
      ) : error === null ? (
        <SkeletonTiles count={8} label={t("loading")} />
      ) : (
        <ErrorState error={error} onRetry={() => void Promise.all([rooms.refetch(), devices.refetch()])} />
      )}
    </Page>
  );
}

function Shortcuts({ home, mayManage }: { home: string; mayManage: boolean }) {
  const t = useTranslations("home");
  const charts = (
    <ButtonLink to="/homes/$homeId/charts" params={{ homeId: home }} icon={ChartLine}>
      {t("charts.title")}
    </ButtonLink>
  );
  if (!mayManage) return charts;
  return (
    <>
      {charts}
      <ButtonLink to="/homes/$homeId/connect" params={{ homeId: home }} icon={Cable}>
        {t("connect")}
      </ButtonLink>
      <ButtonLink to="/homes/$homeId/rooms" params={{ homeId: home }} icon={LayoutGrid}>
        {t("edit")}
      </ButtonLink>
      <ButtonLink to="/devices/add" search={{ home }} icon={Plus} variant="primary">
        {t("add")}
      </ButtonLink>
    </>
  );
}

/** Devices of other makers that speak here and wait for somebody to take them in. */
function FoundNotice({ home, count }: { home: string; count: number }) {
  const t = useTranslations("home");
  return (
    <Notice
      tone="unknown"
      title={t("found", { count })}
      action={
        <ButtonLink to="/homes/$homeId/discovered" params={{ homeId: home }} size="small">
          {t("foundLook")}
        </ButtonLink>
      }
    />
  );
}

interface SummaryProps {
  home: Home;
  devices: readonly Device[] | undefined;
  states: DeviceStates | undefined;
}

/** "24 of 25 devices online", and the home's clock where it is not the viewer's. */
function Summary({ home, devices, states }: SummaryProps) {
  const t = useTranslations("home");
  const voice = useVoice();
  const now = useNow();
  const zone = zoneNote(now, voice, home.time_zone);
  const parts: string[] = [];
  if (devices !== undefined && devices.length > 0) {
    const { devices: all, online, away } = tally(devices, (device) => states?.[device.id]?.presence.status ?? device.presence.status);
    parts.push(online === all ? t("summary.allOnline", { count: all }) : t("summary.online", { online, count: all }));
    if (away > 0) parts.push(t("summary.away", { count: away }));
  }
  if (devices === undefined) return <Skeleton width={180} height={20} />;
  if (zone !== undefined) parts.push(t("summary.zone", { zone }));
  return parts.join(" · ");
}

interface RoomsProps extends SummaryProps {
  rooms: readonly Room[];
  devices: readonly Device[];
  mayManage: boolean;
}

const Rooms = memo(function Rooms({ home, rooms, devices, states, mayManage }: RoomsProps) {
  const t = useTranslations("home");
  const voice = useVoice();
  const { room: chosen } = useSearch({ from: "/_app/homes/$homeId" });
  const role = useProfile().memberships.find((one) => one.organisation === home.organisation)?.role;
  const groups = useMemo(() => byRoom(rooms, devices, voice.locale).filter((group) => group.devices.length > 0), [rooms, devices, voice.locale]);
  if (devices.length === 0) return <NoDevices home={home.id} mayManage={mayManage} />;
  const shown = groups.filter((group) => chosen === undefined || (group.room?.id ?? NO_ROOM) === chosen);
  return (
    <>
      {groups.length > 1 && <RoomLinks home={home.id} groups={groups} chosen={chosen} />}
      <div className={styles.rooms}>
        {(shown.length === 0 ? groups : shown).map(({ room, devices: inRoom }) => (
          <div key={room?.id ?? NO_ROOM} className={classes(inRoom.length === 1 && styles.single)}>
            <Section title={room?.name ?? t("noRoom")} count={inRoom.length}>
              <Tiles>
                {inRoom.map((device) => (
                  <DeviceTile key={device.id} device={device} state={states?.[device.id]} zone={home.time_zone} readOnly={role === "viewer"} />
                ))}
              </Tiles>
            </Section>
          </div>
        ))}
      </div>
    </>
  );
});

const NO_ROOM = "none";

function RoomLinks({ home, groups, chosen }: { home: string; groups: ReturnType<typeof byRoom>; chosen: string | undefined }) {
  const t = useTranslations("home");
  const link = (id: string | undefined, name: string) => (
    <Link
      key={id ?? "all"}
      to="/homes/$homeId"
      params={{ homeId: home }}
      search={(before) => ({ ...before, room: id })}
      className={styles.chip}
      activeOptions={{ exact: true, includeSearch: true }}
      {...(chosen === id && { "data-chosen": true })}
      replace
    >
      {name}
    </Link>
  );
  return (
    <nav aria-label={t("rooms")} className={styles.chips}>
      {link(undefined, t("allRooms"))}
      {groups.map(({ room }) => link(room?.id ?? NO_ROOM, room?.name ?? t("noRoom")))}
    </nav>
  );
}

function NoDevices({ home, mayManage }: { home: string; mayManage: boolean }) {
  const t = useTranslations("home");
  return (
    <EmptyState
      icon={Plug}
      title={t("empty.title")}
      why={t(mayManage ? "empty.why" : "empty.whyReader")}
      action={
        mayManage && (
          <>
            <ButtonLink to="/devices/add" search={{ home }} icon={Plus} variant="primary">
              {t("add")}
            </ButtonLink>
            <ButtonLink to="/homes/$homeId/connect" params={{ homeId: home }} icon={Cable}>
              {t("connect")}
            </ButtonLink>
          </>
        )
      }
    />
  );
}
