// Readings removed for good, of a device or of a whole home: which ones, how many that is, and a question whose answer
// has to be typed.
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Files, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { parseRange, type Span, spanOf } from "../chart/range";
import { numberFormat } from "../format/formatters";
import { millis, wireInstant } from "../format/instant";
import { fullMoment, zoneNote } from "../format/moment";
import { useVoice } from "../format/voice";
import { attributeName } from "../format/wording";
import { Button } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { Notice } from "../ui/Notice";
import { useNow } from "../ui/now";
import { Card, Section } from "../ui/Section";
import { Segmented } from "../ui/Segmented";
import { Select } from "../ui/Select";
import { Skeleton } from "../ui/Skeleton";
import { TextField } from "../ui/TextField";
import { localText, spanOfTexts } from "./local-span";
import { allTime, type Counted, countQuery, type Scope } from "./queries";
import styles from "./Readings.module.css";
import { seriesName } from "./series-names";

const RemoveDialog = lazy(async () => ({ default: (await import("./RemoveDialog")).RemoveDialog }));

interface Props {
  scope: Scope;
  zone: string;
  /** All there is, for what one may choose from. */
  stored: Counted | undefined;
  /** Of a home: none. */
  device?: Device;
}

const ALL = "all";

export function RemoveReadings({ scope, zone, stored, device }: Props) {
  const t = useTranslations("readings.remove");
  const voice = useVoice();
  const now = useNow();
  const search = useSearch({ strict: false });
  const [when, setWhen] = useState<"span" | "all">("span");
  const [texts, setTexts] = useState(() => {
    const { from, until } = spanOf(parseRange(search.range), now);
    return { from: localText(from, zone), until: localText(until, zone) };
  });
  const [attribute, setAttribute] = useState<string>(ALL);
  const [everything] = useState(() => allTime(now));
  const [asking, setAsking] = useState(false);
  const [removed, setRemoved] = useState<number>();
  const span = when === "all" ? everything : spanOfTexts(texts, zone);
  const only = attribute === ALL ? undefined : attribute;
  const names = [...new Set((stored?.series ?? []).map((one) => one.attribute))];
  const items = [{ id: ALL, label: t("everySeries") }, ...names.map((id) => ({ id, label: attributeName(id, voice.say) }))];
  const note = zoneNote(now, voice, zone);
  return (
    <div className={styles.stack}>
      <p className={styles.what}>{t(`what.${scope.of}`)}</p>
      {removed !== undefined && (
        <Notice tone="ok" live title={t("done", { count: removed, number: numberFormat(voice.locale).format(removed) })}>{t("doneWhy")}</Notice>
      )}
      <Card>
        <div className={styles.fields}>
          <Select label={t("which")} items={items} value={attribute} onChange={setAttribute} />
          <Segmented label={t("when")} value={when} onChange={setWhen} items={(["span", "all"] as const).map((id) => ({ id, label: t(`times.${id}`) }))} />
          {when === "span" && (
            <div className={styles.span}>
              <TextField type="datetime-local" label={t("from")} {...(note !== undefined && { help: note })} value={texts.from} onChange={(from) => setTexts({ ...texts, from })} />
              <TextField type="datetime-local" label={t("until")} value={texts.until} onChange={(until) => setTexts({ ...texts, until })} {...(span === undefined && { error: t("wrongSpan") })} />
            </div>
          )}
        </div>
      </Card>
      {span !== undefined && <WhatGoes scope={scope} zone={zone} span={span} attribute={only} {...(device && { device })} onAsk={() => setAsking(true)} />}
      {asking && span !== undefined && (
        <Suspense>
          <RemoveDialog
            scope={scope}
            span={span}
            attribute={only}
            onClose={() => setAsking(false)}
            onDone={(count) => {
              setAsking(false);
              setRemoved(count);
              setAttribute(ALL);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

interface GoesProps {
  scope: Scope;
  zone: string;
  span: Span;
  attribute: string | undefined;
  device?: Device;
  onAsk: () => void;
}

/** More series than anybody checks one by one. */
const MOST_SHOWN = 50;

function WhatGoes({ scope, zone, span, attribute, device, onAsk }: GoesProps) {
  const t = useTranslations("readings.remove");
  const voice = useVoice();
  const counted = useQuery(countQuery(scope, span, attribute));
  const number = (value: number) => numberFormat(voice.locale).format(value);
  if (counted.data === undefined) {
    return counted.isError ? <ErrorState error={counted.error} onRetry={() => void counted.refetch()} /> : <Skeleton height={160} />;
  }
  const { count, series } = counted.data;
  if (count === 0) return <Notice tone="unknown" title={t("nothing")}>{t("nothingWhy")}</Notice>;
  const sums = device === undefined ? byAttribute(series) : series;
  return (
    <Section title={t("goes", { count, number: number(count) })}>
      <div className={styles.stack}>
        <Card flush>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it */}
          <div className={styles.scroll} role="region" aria-label={t("goesLabel")} tabIndex={0}>
            <table className={styles.table} aria-label={t("goesLabel")}>
              <thead>
                <tr>
                  <th scope="col">{t("series")}</th>
                  <th scope="col" className={styles.end}>{t("count")}</th>
                  <th scope="col" className={styles.wide}>{t("first")}</th>
                  <th scope="col" className={styles.wide}>{t("last")}</th>
                </tr>
              </thead>
              <tbody>
                {sums.slice(0, MOST_SHOWN).map((one) => (
                  <tr key={`${one.endpoint}/${one.attribute}`}>
                    <th scope="row">{device ? seriesName(device, one.endpoint, one.attribute, voice.say) : attributeName(one.attribute, voice.say)}</th>
                    <td className={styles.end}>{number(one.count)}</td>
                    <td className={styles.wide}>{fullMoment(millis(one.first), voice, zone)}</td>
                    <td className={styles.wide}>{fullMoment(millis(one.last), voice, zone)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
        <div className={styles.bar}>
          {device && <Button icon={Files} onPress={() => save(device.id, span, attribute)}>{t("saveFirst")}</Button>}
          <Button variant="danger" icon={Trash2} onPress={onAsk}>{t("ask")}</Button>
        </div>
      </div>
    </Section>
  );
}

type OfSeries = Counted["series"][number];

/** Of a home one asks what, not on which of its hundred parts. */
function byAttribute(series: readonly OfSeries[]): OfSeries[] {
  const sums = new Map<string, OfSeries>();
  for (const one of series) {
    const sum = sums.get(one.attribute);
    const earlier = sum !== undefined && millis(sum.first) < millis(one.first) ? sum.first : one.first;
    const later = sum !== undefined && millis(sum.last) > millis(one.last) ? sum.last : one.last;
    sums.set(one.attribute, { ...one, count: one.count + (sum?.count ?? 0), first: earlier, last: later });
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count);
}

/** The same readings as a file: the server sends it as it is read. */
function save(device: string, span: Span, attribute: string | undefined): void {
  const query = new URLSearchParams({ from: wireInstant(span.from), until: wireInstant(span.until), ...(attribute !== undefined && { attribute }) });
  const link = document.createElement("a");
  link.href = `/api/iot/devices/${device}/readings.csv?${query}`;
  link.download = "";
  link.click();
}
