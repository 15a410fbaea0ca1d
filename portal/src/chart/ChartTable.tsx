// What stands below every chart: its data as a table, for those who do not see charts or want the figures, and as files.
import { Download } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { scaleFor } from "../format/quantity";
import { isConverted } from "../format/units";
import { useVoice } from "../format/voice";
import { Button } from "../ui/Button";
import styles from "./HistoryPanel.module.css";

export interface TableRow {
  key: string;
  time: string;
  cells: ReactNode[];
}

export interface TableLines {
  heading: string[];
  /** Newest first, as one asks. */
  rows: TableRow[];
}

interface FootProps {
  /** As it was reported: files hold that, whatever is drawn. */
  unit: string | undefined;
  onSave: () => void;
  /** Further files. */
  more?: ReactNode;
  onOpen?: (isOpen: boolean) => void;
  /** Drawn only once it is opened. */
  table: () => ReactNode;
}

export function ChartFoot({ unit = "", onSave, more, onOpen, table }: FootProps) {
  const t = useTranslations("chart");
  const { units } = useVoice();
  const [isOpen, setOpen] = useState(false);
  const toggled = (open: boolean) => {
    setOpen(open);
    onOpen?.(open);
  };
  return (
    <div className={styles.foot}>
      <details className={styles.details} onToggle={(event) => toggled(event.currentTarget.open)}>
        <summary>{t("table.title")}</summary>
        {isOpen && table()}
      </details>
      <span className={styles.saves}>
        {isConverted(unit, units) && <span className={styles.filesIn}>{t("filesIn", { unit: scaleFor(unit, 0).unit })}</span>}
        {more}
        <Button size="small" variant="quiet" icon={Download} onPress={onSave}>{t("download")}</Button>
      </span>
    </div>
  );
}

/** More lines than anybody reads; the file has them all. */
const MOST_LINES = 500;

export function ChartTable({ name, lines }: { name: string; lines: TableLines }) {
  const t = useTranslations("chart");
  const [heading, ...cells] = lines.heading;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it
    <div className={styles.scroll} role="region" aria-label={t("table.title")} tabIndex={0}>
      <table className={styles.table}>
        <caption>
          {t("table.caption", { name, count: lines.rows.length })}
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

export function saveFile(name: string, csv: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
