// The data of bars and bands as a table and as a CSV file.
import { useTranslations } from "use-intl";
import { duration } from "../format/age";
import { fullMoment } from "../format/moment";
import { quantity } from "../format/quantity";
import { useVoice } from "../format/voice";
import { type TwoState, valueText } from "../format/wording";
import { isoDay } from "../format/zone";
import { type Band, pairs } from "./bands";
import { ChartFoot, ChartTable, saveFile, type TableLines } from "./ChartTable";
import { csvOf, fileName } from "./csv";
import type { History } from "./history";

interface Props {
  history: History;
  kind: "counter" | "state";
  bands?: readonly Band[];
  /** What bands are compared with, on the same time. */
  besideBands?: { own: string; name: string; bands: readonly Band[]; twoState: TwoState };
  /** What each step is compared with. */
  beside?: { name: string; values: (number | undefined)[] };
  device: { name: string };
  attribute: string;
  name: string;
  twoState: TwoState;
  zone: string;
}

export function HistoryTable(props: Props) {
  const { history, device, attribute, zone } = props;
  const save = () => saveFile(fileName(device.name, attribute, isoDay(history.from, zone)), csvOf(history));
  return <ChartFoot unit={history.unit} onSave={save} table={() => <Lines {...props} />} />;
}

function Lines(props: Props) {
  return <ChartTable name={props.name} lines={useLines(props)} />;
}

function useLines({ history, kind, bands = [], besideBands, beside, attribute, twoState, zone }: Props): TableLines {
  const t = useTranslations("chart");
  const voice = useVoice();
  const time = (at: number) => fullMoment(at, voice, zone);
  const amount = (value: number | undefined) => (value === undefined ? "" : quantity(value, history.unit, voice).text);
  const stated = (band: Band | undefined, words: TwoState) => (band?.value === undefined ? t("notKnown") : valueText(attribute, band.value, voice, { twoState: words }));
  if (kind === "state" && besideBands !== undefined) {
    const rows = pairs(bands, besideBands.bands).toReversed().map(({ from, until, own, other }) => ({
      key: String(from),
      time: time(from),
      cells: [stated(own, twoState), stated(other, besideBands.twoState), duration(until - from, voice.say)],
    }));
    return { heading: [t("table.time"), besideBands.own, besideBands.name, t("table.span")], rows };
  }
  if (kind === "state") {
    const rows = bands.toReversed().map((band) => ({
      key: String(band.from),
      time: time(band.from),
      cells: [stated(band, twoState), duration(band.until - band.from, voice.say), band.estimated ? t("table.estimated") : ""],
    }));
    return { heading: [t("table.time"), t("table.value"), t("table.span"), t("table.note")], rows };
  }
  const shown = history.buckets.filter(({ increase }) => increase !== undefined);
  const rows = shown.map((bucket, nth) => ({
    key: `${bucket.from} ${bucket.until}`,
    time: time(bucket.from),
    cells: [
      amount(bucket.increase),
      ...(beside ? [amount(beside.values[nth])] : []),
      [bucket.estimated && t("table.estimated"), bucket.late && t("table.late")].filter(Boolean).join(", "),
    ],
  }));
  return { heading: [t("table.time"), t("table.increase"), ...(beside ? [beside.name] : []), t("table.note")], rows: rows.toReversed() };
}
