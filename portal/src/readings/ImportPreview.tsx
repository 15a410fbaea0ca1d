// The first rows of a chosen file as they will be read, and what is known of it before it is sent.
import { FileUp } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Card, Section } from "../ui/Section";
import type { ReadingsFile } from "./import-file";
import styles from "./Readings.module.css";
import { seriesName } from "./series-names";

interface Props {
  device: Device;
  name: string;
  file: ReadingsFile;
  onSend: () => void;
}

const SHOWN = 8;
/** What tells most comes first: a phone shows little more. */
const SEEN = ["time", "value", "attribute", "endpoint"] as const;

export function ImportPreview({ device, name, file, onSend }: Props) {
  const t = useTranslations("readings.import");
  const column = useTranslations("readings.column");
  const { say, locale } = useVoice();
  const count = (value: number) => numberFormat(locale).format(value);
  const rest = file.rows.length - SHOWN;
  return (
    <Section title={t("preview", { name })}>
      <div className={styles.stack}>
        {file.refused.length > 0 && (
          <Notice tone="attention" title={t("crooked", { count: file.refused.length })}>
            {t("crookedWhy", { lines: file.refused.slice(0, SHOWN).map(({ line }) => line).join(", ") })}
          </Notice>
        )}
        <Card flush>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it */}
          <div className={styles.scroll} role="region" aria-label={t("preview", { name })} tabIndex={0}>
            <table className={styles.table} aria-label={t("previewTable")}>
              <thead>
                <tr>
                  <th scope="col" className={styles.end}>{t("line")}</th>
                  {SEEN.map((one) => <th key={one} scope="col">{column(one)}</th>)}
                </tr>
              </thead>
              <tbody>
                {file.rows.slice(0, SHOWN).map(({ line, values: [time, endpoint, attribute = "", value] }) => (
                  <tr key={line}>
                    <td className={styles.end}>{line}</td>
                    <td>{time}</td>
                    <td>{value}</td>
                    <td>
                      {seriesName(device, Number(endpoint), attribute, say)} <code className={styles.soft}>{attribute}</code>
                    </td>
                    <td>{endpoint}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {rest > 0 && <p className={styles.note}>{t("rest", { count: rest })}</p>}
        </Card>
        <div className={styles.bar}>
          <p className={styles.soft}>
            {[
              t("judged"),
              ...(file.ignored.length > 0 ? [t("ignored", { columns: file.ignored.join(", ") })] : []),
              ...(file.hasCommas ? [t("commas")] : []),
            ].join(" ")}
          </p>
          <Button variant="primary" icon={FileUp} isDisabled={file.rows.length === 0} onPress={onSend}>
            {t("send", { count: file.rows.length, number: count(file.rows.length) })}
          </Button>
        </div>
      </div>
    </Section>
  );
}
