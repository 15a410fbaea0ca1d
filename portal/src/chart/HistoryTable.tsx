// The data of a chart as a table, for those who do not see charts or want the figures, and as a CSV file.
import { Download } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { duration } from "../format/age";
import { fullMoment } from "../format/moment";
import { quantity } from "../format/quantity";
import { useVoice } from "../format/voice";
import { type TwoState, valueText } from "../format/wording";
import { isoDay } from "../format/zone";
import { Button } from "../ui/Button";
import type { Band } from "./bands";
import { csvOf, fileName } from "./csv";
import type { History } from "./history";
import styles from "./HistoryPanel.module.css";

interface Props {
  history: History;
  kind: "amount" | "counter" | "state";
  bands?: readonly Band[];
  device: { name: string };
  attribute: string;
  name: string;
  twoState: TwoState;
  zone: string;
}

/** More lines than anybody reads; the file has them all. */
const MOST_LINES = 500;

export function HistoryTable(props: Props) {
  const t = useTranslations("chart");
  const { history, device, attribute, zone } = props;
  const [isOpen, setOpen] = useState(false);
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvOf(history)], { type: "text/csv" }));
    link.download = fileName(device.name, attribute, isoDay(history.from, zone));
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className={styles.foot}>
      <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("table.title")}</summary>
        {isOpen && <Lines {...props} />}
      </details>
      <Button size="small" variant="quiet" icon={Download} onPress={save}>{t("download")}</Button>
    </div>
  );
}

function Lines(props: Props) {
  const t = useTranslations("chart");
  const lines = useLines(props);
  const [heading, ...cells] = lines.heading;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it
    <div className={styles.scroll} role="region" aria-label={t("table.title")} tabIndex={0}>
      <table className={styles.table}>
        <caption>
          {t("table.caption", { name: props.name, count: lines.rows.length })}
          {lines.rows.length > MOST_LINES && ` ${t("table.cut", { count: MOST_LINES })}`}
        </caption>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            {cells.map((cell) => <th key={cell} scope="col">{cell}</th>)}
          </tr>
        </thead>
        <tbody>
          {lines.rows.slice(0, MOST_LINES).map(({ key, time, cells: values }) => (
            <tr key={key}>
              <th scope="row">{time}</th>
              {values.map((value, column) => <td key={lines.heading[column + 1]}>{value}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Row {
  key: string;
  time: string;
  cells: ReactNode[];
}

/** Newest first, as one asks. */
function useLines({ history, kind, bands = [], attribute, twoState, zone }: Props): { heading: string[]; rows: Row[] } {
  const t = useTranslations("chart");
  const voice = useVoice();
  const time = (at: number) => fullMoment(at, voice, zone);
  const amount = (value: number | undefined) => (value === undefined ? "" : quantity(value, history.unit, voice.locale).text);
  const note = (estimated: boolean, late: boolean) => [estimated && t("table.estimated"), late && t("table.late")].filter(Boolean).join(", ");
  if (kind === "state") {
    const rows = bands.toReversed().map((band) => ({
      key: String(band.from),
      time: time(band.from),
      cells: [
        band.value === undefined ? t("notKnown") : valueText(attribute, band.value, voice, { twoState }),
        duration(band.until - band.from, voice.say),
        note(band.estimated, false),
      ],
    }));
    return { heading: [t("table.time"), t("table.value"), t("table.span"), t("table.note")], rows };
  }
  const rows = history.buckets.toReversed().map((bucket) => ({
    key: `${bucket.from} ${bucket.until}`,
    time: time(bucket.from),
    cells: [
      ...(kind === "counter" ? [amount(bucket.increase)] : [amount(bucket.mean), amount(bucket.min), amount(bucket.max)]),
      note(bucket.estimated, bucket.late),
    ],
  }));
  const columns = kind === "counter" ? [t("table.increase")] : [t("table.mean"), t("table.min"), t("table.max")];
  return { heading: [t("table.time"), ...columns, t("table.note")], rows };
}
