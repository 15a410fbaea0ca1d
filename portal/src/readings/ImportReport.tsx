// How far an import is, and what became of its rows: those that were refused with line, words and reason, to be saved,
// mended and imported again.
import { Download, Play, RotateCcw, Square } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { Button, ButtonLink } from "../ui/Button";
import { download } from "../ui/download";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Progress } from "../ui/Progress";
import { Card, Section } from "../ui/Section";
import { COLUMNS, refusedCsv, type RefusedRow } from "./import-file";
import { goOnWithRun, type Run, stopRun } from "./import-runs";
import styles from "./Readings.module.css";
import { useWrong } from "./use-reason";

interface Props {
  device: Device;
  run: Run;
  onAgain: () => void;
  /** Nothing is on its way any more. */
  onSettled: () => void;
}

export function ImportReport({ device, run, onAgain, onSettled }: Props) {
  const t = useTranslations("readings.import");
  const isSending = run.phase === "sending";
  return (
    <div className={styles.stack}>
      {run.phase === "done" ? <Outcome run={run} /> : <Underway run={run} />}
      {run.phase === "failed" && (
        <>
          <ErrorNotice error={run.error} />
          <p className={styles.soft}>{t("failedWhy")}</p>
        </>
      )}
      {run.refused.length > 0 && <Refused run={run} />}
      <div className={styles.buttons}>
        {isSending && <Button icon={Square} onPress={() => stopRun(device.id)}>{t("stop")}</Button>}
        {(run.phase === "failed" || run.phase === "stopped") && (
          <Button variant="primary" icon={Play} onPress={() => void goOnWithRun(device.id).then(onSettled)}>{t("goOn")}</Button>
        )}
        {run.phase === "done" && (
          <ButtonLink variant="primary" to="/devices/$deviceId" params={{ deviceId: device.id }} search={run.shows ?? {}}>{t("toDevice")}</ButtonLink>
        )}
        {!isSending && <Button icon={RotateCcw} onPress={onAgain}>{t("another")}</Button>}
      </div>
    </div>
  );
}

function Underway({ run }: { run: Run }) {
  const t = useTranslations("readings.import");
  const { locale } = useVoice();
  const count = (value: number) => numberFormat(locale).format(value);
  return (
    <Card>
      <div className={styles.stack}>
        <Progress
          label={t(run.phase === "sending" ? "sending" : run.phase === "stopped" ? "stopped" : "failed", { name: run.name })}
          value={run.settled}
          max={Math.max(1, run.total)}
          valueLabel={t("settled", { done: count(run.settled), all: count(run.total) })}
        />
        <p className={styles.soft}>{t(run.phase === "sending" ? "mayLeave" : "stays", { count: count(run.accepted) })}</p>
      </div>
    </Card>
  );
}

function Outcome({ run }: { run: Run }) {
  const t = useTranslations("readings.import");
  const { locale } = useVoice();
  const count = (value: number) => numberFormat(locale).format(value);
  const tone = run.refused.length === 0 ? "ok" : run.accepted === 0 ? "danger" : "attention";
  return (
    <Notice tone={tone} live title={t("done", { accepted: count(run.accepted), refused: count(run.refused.length) })}>
      {t(run.refused.length === 0 ? "doneWhy" : "refusedWhy")}
    </Notice>
  );
}

/** More than anybody mends by reading; the file has them all. */
const MOST_SHOWN = 300;

function Refused({ run }: { run: Run }) {
  const t = useTranslations("readings.import");
  const wrongOf = useWrong();
  const save = () => download(`${run.name.replace(/\.[^.]*$/, "")}-refused.csv`, "text/csv", refusedCsv(run.refused, wrongOf));
  return (
    <Section title={t("refused")} count={run.refused.length} action={<Button size="small" icon={Download} onPress={save}>{t("saveRefused")}</Button>}>
      <Card flush>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on its own, so the keyboard must reach it */}
        <div className={styles.scroll} role="region" aria-label={t("refused")} tabIndex={0}>
          <table className={styles.table} aria-label={t("report")}>
            <thead>
              <tr>
                <th scope="col" className={styles.end}>{t("line")}</th>
                <th scope="col">{t("why")}</th>
                <th scope="col">{t("row")}</th>
              </tr>
            </thead>
            <tbody>
              {run.refused.slice(0, MOST_SHOWN).map((row) => <Line key={row.line} row={row} wrong={row.errors.map(wrongOf)} />)}
            </tbody>
          </table>
        </div>
        {run.refused.length > MOST_SHOWN && <p className={styles.note}>{t("cut", { count: MOST_SHOWN })}</p>}
      </Card>
    </Section>
  );
}

function Line({ row, wrong }: { row: RefusedRow; wrong: string[] }) {
  return (
    <tr>
      <td className={styles.end}>{row.line}</td>
      <td className={styles.why}>{wrong.map((words) => <span key={words}>{words}</span>)}</td>
      <td className={styles.raw}>
        <code className={styles.soft}>{COLUMNS.map((_, nth) => row.values[nth] ?? "").join(" · ")}</code>
      </td>
    </tr>
  );
}
