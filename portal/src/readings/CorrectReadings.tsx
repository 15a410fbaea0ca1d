// The readings of one series one by one, to correct one that was wrong; also as they were known before.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChartNoAxesColumn, History, Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { useSpan } from "../chart/HistoryPanel";
import { parseRange, rangeText } from "../chart/range";
import { RangePicker } from "../chart/RangePicker";
import { attributeSpec, capabilitiesQuery } from "../device/capabilities";
import { millis } from "../format/instant";
import { fullMoment } from "../format/moment";
import { useVoice } from "../format/voice";
import { twoStateOf, type Value, valueText } from "../format/wording";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { Notice } from "../ui/Notice";
import { Card } from "../ui/Section";
import { Select } from "../ui/Select";
import { Skeleton } from "../ui/Skeleton";
import { type Corrected, type Counted, type Reading, readingsQuery } from "./queries";
import styles from "./Readings.module.css";
import { seriesName } from "./series-names";

const CorrectDialog = lazy(async () => ({ default: (await import("./CorrectDialog")).CorrectDialog }));

interface Props {
  device: Device;
  zone: string;
  stored: Counted | undefined;
}

interface Series {
  id: string;
  endpoint: number;
  attribute: string;
}

export function CorrectReadings({ device, zone, stored }: Props) {
  const t = useTranslations("readings.correct");
  const { say } = useVoice();
  const search = useSearch({ from: "/_app/devices/$deviceId/readings" });
  const navigate = useNavigate({ from: "/devices/$deviceId/readings" });
  if (stored === undefined) return <Skeleton height={320} />;
  const all = stored.series.map(({ endpoint, attribute }): Series => ({ id: `${endpoint}/${attribute}`, endpoint, attribute }));
  const series = all.find(({ id }) => id === search.attribute) ?? all[0];
  if (series === undefined) return <EmptyState icon={ChartNoAxesColumn} title={t("nothing")} why={t("nothingWhy")} />;
  const change = (next: { attribute?: string; range?: string; known?: string | undefined }) =>
    void navigate({ to: "/devices/$deviceId/readings", params: { deviceId: device.id }, search: (before) => ({ ...before, ...next }), replace: true, resetScroll: false });
  const known = Number(search.known);
  return (
    <div className={styles.stack}>
      <p className={styles.what}>{t("what")}</p>
      <div className={styles.choice}>
        <Select label={t("series")} items={all.map(({ id, endpoint, attribute }) => ({ id, label: seriesName(device, endpoint, attribute, say) }))} value={series.id} onChange={(attribute) => change({ attribute })} />
      </div>
      <Readings
        key={series.id}
        device={device}
        zone={zone}
        series={series}
        range={search.range}
        onRange={(range) => change({ range })}
        knownAt={Number.isFinite(known) ? known : undefined}
        onKnown={(at) => change({ known: at === undefined ? undefined : String(at) })}
      />
    </div>
  );
}

interface ReadingsProps {
  device: Device;
  zone: string;
  series: Series;
  range: string | undefined;
  onRange: (range: string) => void;
  knownAt: number | undefined;
  onKnown: (at: number | undefined) => void;
}

function Readings({ device, zone, series, range: wanted, onRange, knownAt, onKnown }: ReadingsProps) {
  const t = useTranslations("readings.correct");
  const voice = useVoice();
  const range = parseRange(wanted);
  const { asked, shown } = useSpan(range);
  const [chosen, setChosen] = useState<Reading>();
  const [done, setDone] = useState<Corrected>();
  const pages = useInfiniteQuery(readingsQuery({ device: device.id, ...series, span: asked, knownAt }));
  const capabilities = useQuery(capabilitiesQuery).data;
  const spec = attributeSpec(capabilities, series.attribute);
  const words = (value: unknown) => valueText(series.attribute, value as Value, voice, { unit: spec?.unit, twoState: twoStateOf(device) });
  const time = (at: string) => fullMoment(millis(at), voice, zone);
  return (
    <>
      <RangePicker range={range} span={shown} zone={zone} onChange={(next) => onRange(rangeText(next))} />
      {done !== undefined && knownAt === undefined && (
        <Notice tone="ok" live title={t("done", { before: words(done.before), after: words(done.after) })} action={<Button size="small" icon={History} onPress={() => onKnown(millis(done.known_at) - 1)}>{t("showBefore")}</Button>}>
          {t("doneWhy", { time: time(done.time), known: time(done.known_at) })}
        </Notice>
      )}
      {knownAt !== undefined && (
        <Notice tone="unknown" live title={t("known", { time: fullMoment(knownAt, voice, zone) })} action={<Button size="small" onPress={() => onKnown(undefined)}>{t("backToNow")}</Button>}>
          {t("knownWhy")}
        </Notice>
      )}
      {pages.data === undefined ? (
        pages.isError ? <ErrorState error={pages.error} onRetry={() => void pages.refetch()} /> : <Skeleton height={240} />
      ) : (
        <List
          readings={pages.data.pages.flatMap(({ items }) => items)}
          words={words}
          time={time}
          {...(knownAt === undefined && { onChoose: setChosen })}
        />
      )}
      {pages.hasNextPage && (
        <div className={styles.buttons}>
          <Button busy={pages.isFetchingNextPage} onPress={() => void pages.fetchNextPage()}>{t("older")}</Button>
        </div>
      )}
      {chosen !== undefined && (
        <Suspense>
          <CorrectDialog
            device={device}
            reading={chosen}
            spec={spec}
            words={words}
            time={time(chosen.time)}
            onClose={() => setChosen(undefined)}
            onDone={(corrected) => {
              setChosen(undefined);
              setDone(corrected);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

interface ListProps {
  readings: readonly Reading[];
  words: (value: unknown) => string;
  time: (at: string) => string;
  /** Left out where nothing may be changed: in what was known before. */
  onChoose?: (reading: Reading) => void;
}

function List({ readings, words, time, onChoose }: ListProps) {
  const t = useTranslations("readings.correct");
  if (readings.length === 0) return <EmptyState icon={ChartNoAxesColumn} title={t("empty")} why={t("emptyWhy")} />;
  return (
    <Card flush>
      <table className={styles.table} aria-label={t("list")}>
        <thead>
          <tr>
            <th scope="col">{t("time")}</th>
            <th scope="col">{t("value")}</th>
            {onChoose && <th scope="col"><span className={styles.hidden}>{t("correct")}</span></th>}
          </tr>
        </thead>
        <tbody>
          {readings.map((reading) => (
            <tr key={`${reading.time} ${reading.received}`}>
              <td className={styles.tight}>{time(reading.time)}</td>
              <td className={styles.tight}>
                {words(reading.value)} {reading.quality !== "measured" && <Badge>{t(`quality.${reading.quality}`)}</Badge>}
              </td>
              {onChoose && (
                <td className={classes(styles.end, styles.tight)}>
                  <Button size="small" variant="quiet" icon={Pencil} aria-label={t("correctOf", { time: time(reading.time), value: words(reading.value) })} onPress={() => onChoose(reading)}>
                    {t("correct")}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
