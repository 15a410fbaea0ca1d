// One attribute of all devices of a home in one chart: power by plug, temperature by room.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { lazy, useMemo } from "react";
import { useTranslations } from "use-intl";
import { useHome } from "../api/homes";
import { type Device, devicesQuery, type Home, type Room, roomsQuery } from "../api/lists";
import { ChartFoot, ChartTable, saveFile } from "../chart/ChartTable";
import { csvOfLines, fileName } from "../chart/csv";
import { Frame } from "../chart/Frame";
import { useSpan } from "../chart/HistoryPanel";
import type { Line } from "../chart/LinePlot";
import { homeHistoryQuery } from "../chart/queries";
import { fixed, livePreset, parseRange, rangeText, type Span } from "../chart/range";
import { RangePicker } from "../chart/RangePicker";
import { capabilitiesQuery } from "../device/capabilities";
import { fullMoment } from "../format/moment";
import { quantity } from "../format/quantity";
import { useVoice } from "../format/voice";
import { attributeName } from "../format/wording";
import { isoDay } from "../format/zone";
import { useHomeStates } from "../live/hooks";
import { Breadcrumb } from "../ui/Breadcrumb";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/now";
import { Page } from "../ui/Page";
import { Card } from "../ui/Section";
import { Select } from "../ui/Select";
import { Skeleton } from "../ui/Skeleton";
import { chartable } from "./chartable";
import styles from "./HomeCharts.module.css";

const LinePlot = lazy(async () => ({ default: (await import("../chart/LinePlot")).LinePlot }));

export function HomeChartsPage() {
  const { homeId } = useParams({ from: "/_app/homes/$homeId/charts" });
  const t = useTranslations("home.charts");
  const words = useTranslations("home");
  const home = useHome(homeId);
  const steps = [
    { key: "homes", link: <Link to="/homes">{words("homes")}</Link> },
    ...(home.data ? [{ key: "home", link: <Link to="/homes/$homeId" params={{ homeId }}>{home.data.name}</Link> }] : []),
  ];
  return (
    <Page title={t("title")} subtitle={t("what")} breadcrumb={<Breadcrumb steps={steps} />}>
      {home.data !== undefined ? (
        <Charts home={home.data} />
      ) : home.error === null ? (
        <Skeleton height={320} />
      ) : (
        <ErrorState error={home.error} onRetry={() => void home.refetch()} />
      )}
    </Page>
  );
}

function Charts({ home }: { home: Home }) {
  const t = useTranslations("home.charts");
  const chart = useTranslations("chart");
  const { say } = useVoice();
  const search = useSearch({ from: "/_app/homes/$homeId/charts" });
  const navigate = useNavigate({ from: "/homes/$homeId/charts" });
  const devices = useQuery(devicesQuery({ home: home.id })).data;
  const rooms = useQuery(roomsQuery(home.id)).data;
  const capabilities = useQuery(capabilitiesQuery).data;
  const states = useHomeStates(home.id);
  const choices = useMemo(() => chartable(capabilities ?? [], devices ?? [], states ?? {}), [capabilities, devices, states]);
  const attribute = choices.find((one) => one.attribute === search.attribute)?.attribute ?? search.attribute ?? choices[0]?.attribute;
  if (devices === undefined || rooms === undefined || capabilities === undefined || states === undefined) return <Skeleton height={320} />;
  if (attribute === undefined) {
    return <EmptyState icon={ChartLine} title={chart("empty.title")} why={t("empty")} />;
  }
  const change = (next: { attribute?: string; range?: string }) =>
    void navigate({ to: "/homes/$homeId/charts", params: { homeId: home.id }, search: (before) => ({ ...before, ...next }), replace: true, resetScroll: false });
  const known = choices.some((one) => one.attribute === attribute) ? choices : [{ attribute, devices: 0 }, ...choices];
  return (
    <Card>
      <div className={styles.panel}>
        <Select
          label={t("attribute")}
          items={known.map((one) => ({ id: one.attribute, label: t("choice", { name: attributeName(one.attribute, say, "plain"), count: one.devices }) }))}
          value={attribute}
          onChange={(next) => change({ attribute: next })}
        />
        <Together home={home} devices={devices} rooms={rooms} attribute={attribute} range={search.range} onRange={(range) => change({ range })} />
      </div>
    </Card>
  );
}

interface TogetherProps {
  home: Home;
  devices: readonly Device[];
  rooms: readonly Room[];
  attribute: string;
  range: string | undefined;
  onRange: (range: string) => void;
}

/** The device, with its room where the name does not say it. */
function lineName(device: Device | undefined, rooms: readonly Room[], endpoint: number, isOne: boolean): string {
  const room = rooms.find((one) => one.id === device?.room)?.name;
  const name = device?.name ?? "";
  const placed = room === undefined || name.includes(room) ? name : `${room} · ${name}`;
  return isOne ? placed : `${placed} ${endpoint}`;
}

function Together({ home, devices, rooms, attribute, range: text, onRange }: TogetherProps) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const now = useNow();
  const range = parseRange(text);
  const { asked, shown } = useSpan(range);
  const query = useQuery(homeHistoryQuery(home.id, attribute, asked));
  const zone = home.time_zone;
  const lines = useMemo((): Line[] => {
    const all = query.data?.lines ?? [];
    return all
      .map(({ device: id, endpoint, drawn }) => {
        const isOne = all.filter((one) => one.device === id).length === 1;
        return { key: `${id}/${endpoint}`, name: lineName(devices.find((one) => one.id === id), rooms, endpoint, isOne), drawn };
      })
      .toSorted((a, b) => a.name.localeCompare(b.name, voice.locale));
  }, [query.data, devices, rooms, voice.locale]);
  const unit = query.data?.unit ?? "";
  const name = attributeName(attribute, voice.say, "plain");
  const save = () => saveFile(fileName(home.name, attribute, isoDay(asked.from, zone)), csvOfLines(lines, asked, unit));
  return (
    <>
      <RangePicker range={range} span={shown} zone={zone} onChange={(next) => onRange(rangeText(next))} />
      <Frame
        query={query}
        isEmpty={lines.length === 0}
        chart={
          <LinePlot
            lines={lines}
            unit={unit}
            stepped={false}
            span={shown}
            zone={zone}
            label={t("lineOf", { name: `${name}, ${home.name}` })}
            onZoom={(span: Span) => onRange(rangeText(fixed(span, now)))}
            onLive={() => onRange(livePreset(shown))}
          />
        }
        foot={<ChartFoot unit={unit} onSave={save} table={() => <Lines name={name} lines={lines} unit={unit} zone={zone} />} />}
      />
    </>
  );
}

function Lines({ name, lines, unit, zone }: { name: string; lines: readonly Line[]; unit: string; zone: string }) {
  const t = useTranslations("chart");
  const voice = useVoice();
  const times = [...new Set(lines.flatMap(({ drawn }) => drawn.points.map(({ time }) => time)))].toSorted((a, b) => b - a);
  const byTime = lines.map(({ drawn }) => new Map(drawn.points.map(({ time, value }) => [time, value])));
  const rows = times.map((time) => ({
    key: String(time),
    time: fullMoment(time, voice, zone),
    cells: byTime.map((values) => {
      const value = values.get(time);
      return value === undefined ? "" : quantity(value, unit, voice).text;
    }),
  }));
  return <ChartTable name={name} lines={{ heading: [t("table.time"), ...lines.map((line) => line.name)], rows }} />;
}
