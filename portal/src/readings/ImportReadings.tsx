// Readings from a file: chosen or dropped, looked over, sent in parts that one can watch and stop, and a report in
// which every refused row stands with its line and reason.
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { lazy, Suspense, useMemo, useState, useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { newKey } from "../api/once";
import { attributeSpec, capabilitiesQuery } from "../device/capabilities";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { writeCsv } from "../manage/csv";
import { Button } from "../ui/Button";
import { download } from "../ui/download";
import { FileDrop } from "../ui/FileDrop";
import { Notice } from "../ui/Notice";
import { Card } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { BYTES_MAX, COLUMNS, type FileProblem, readFile, ROWS_MAX } from "./import-file";
import { forgetRun, onRuns, runOf, startRun } from "./import-runs";
import { sendPart, useAfterReadings } from "./queries";
import styles from "./Readings.module.css";
import { exampleOf, seriesName, takenBy } from "./series-names";

const ImportPreview = lazy(async () => ({ default: (await import("./ImportPreview")).ImportPreview }));
const ImportReport = lazy(async () => ({ default: (await import("./ImportReport")).ImportReport }));

interface Chosen {
  name: string;
  /** Of a file that is too large: never read. */
  text: string | undefined;
  key: string;
}

export function ImportReadings({ device }: { device: Device }) {
  const t = useTranslations("readings.import");
  const capabilities = useQuery(capabilitiesQuery).data;
  const run = useSyncExternalStore(onRuns, () => runOf(device.id));
  const after = useAfterReadings();
  const [chosen, setChosen] = useState<Chosen>();
  const file = useMemo(() => {
    if (chosen === undefined || capabilities === undefined) return undefined;
    if (chosen.text === undefined) return { kind: "tooLarge" } as const;
    return readFile(chosen.text, (attribute) => ["number", "integer"].includes(attributeSpec(capabilities, attribute)?.kind.type ?? ""));
  }, [chosen, capabilities]);
  async function take(from: File): Promise<void> {
    setChosen({ name: from.name, text: from.size > BYTES_MAX ? undefined : await from.text(), key: newKey() });
  }
  function again(): void {
    setChosen(undefined);
    forgetRun(device.id);
  }
  if (run !== undefined) {
    return (
      <Suspense fallback={<Skeleton height={240} />}>
        <ImportReport device={device} run={run} onAgain={again} onSettled={() => void after()} />
      </Suspense>
    );
  }
  return (
    <div className={styles.stack}>
      <Card>
        {(file === undefined || "kind" in file) && <Expected />}
        <FileDrop accept=".csv,text/csv,text/plain" label={t(chosen === undefined ? "choose" : "chooseOther")} drop={t("drop")} isFirst={chosen === undefined} onFile={(from) => void take(from)} />
        <Takes device={device} />
      </Card>
      {chosen !== undefined && file !== undefined && "kind" in file && <WrongFile name={chosen.name} problem={file} />}
      {chosen !== undefined && file !== undefined && !("kind" in file) && (
        <Suspense fallback={<Skeleton height={240} />}>
          <ImportPreview
            device={device}
            name={chosen.name}
            file={file}
            onSend={() => void startRun(device.id, chosen.name, file, chosen.key, (csv, key) => sendPart(device.id, csv, key)).then(after)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What a file has to be like; who has chosen one that can be read knows. */
function Expected() {
  const t = useTranslations("readings.import");
  return (
    <div className={styles.lead}>
      <p>{t("what")}</p>
      <ul className={styles.rules}>
        <li>{t.rich("columns", { columns: COLUMNS.join(", "), code: (words) => <code>{words}</code> })}</li>
        <li>{t.rich("time", { code: (words) => <code>{words}</code> })}</li>
        <li>{t("history")}</li>
        <li>{t("again")}</li>
      </ul>
    </div>
  );
}

/** What may stand in the columns for this device, and a file to begin with. */
function Takes({ device }: { device: Device }) {
  const t = useTranslations("readings.import");
  const { say, locale } = useVoice();
  const capabilities = useQuery(capabilitiesQuery).data;
  const taken = useMemo(() => takenBy(device, capabilities ?? []), [device, capabilities]);
  const save = () => {
    const at = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
    download("readings.csv", "text/csv", writeCsv([COLUMNS, ...taken.map(({ endpoint, attribute, spec }) => [at, String(endpoint), attribute, exampleOf(spec)])]));
  };
  const number = numberFormat(locale);
  return (
    <details className={styles.details}>
      <summary>{t("takes", { count: taken.length })}</summary>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it */}
      <div className={styles.scroll} role="region" aria-label={t("takesLabel")} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("meaning")}</th>
              <th scope="col">endpoint</th>
              <th scope="col">attribute</th>
              <th scope="col">value</th>
            </tr>
          </thead>
          <tbody>
            {taken.map(({ endpoint, attribute, spec: { kind, unit } }) => (
              <tr key={`${endpoint}/${attribute}`}>
                <th scope="row">{seriesName(device, endpoint, attribute, say)}</th>
                <td>{endpoint}</td>
                <td><code>{attribute}</code></td>
                <td>
                  {kind.type === "enum" ? kind.choices.join(", ") : kind.type === "boolean" ? "true, false" : kind.type === "text" ? t("text") : t("number", { from: number.format(kind.min), to: number.format(kind.max), unit: unit ?? "" })}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Button size="small" icon={Download} onPress={save}>{t("template")}</Button>
    </details>
  );
}

function WrongFile({ name, problem }: { name: string; problem: FileProblem }) {
  const t = useTranslations("readings.import.file");
  const { locale } = useVoice();
  const column = "name" in problem ? problem.name : "";
  return (
    <Notice tone="danger" live title={t("title", { name })}>
      {t(problem.kind, { column, max: numberFormat(locale).format(ROWS_MAX) })}
    </Notice>
  );
}
