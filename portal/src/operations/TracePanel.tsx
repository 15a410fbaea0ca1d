// What one client and the broker say to each other, word by word, for the ten minutes after one asks.
import { useQuery } from "@tanstack/react-query";
import { ArrowDownLeft, ArrowUpRight, RotateCw, X } from "lucide-react";
import { useTranslations } from "use-intl";
import { clock } from "../format/moment";
import { millis } from "../format/instant";
import { useVoice } from "../format/voice";
import { Button, IconButton } from "../ui/Button";
import { download } from "../ui/download";
import { ErrorState } from "../ui/ErrorState";
import { Card, Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import styles from "./Sessions.module.css";
import { type Session, type Trace, traceQuery, traceText } from "./sessions";

export function TracePanel({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useTranslations("operations");
  const trace = useQuery(traceQuery(session.session));
  return (
    <Section
      title={t("traceTitle", { name: session.name })}
      action={
        <div className={styles.buttons}>
          <Button size="small" icon={RotateCw} busy={trace.isFetching} onPress={() => void trace.refetch()}>
            {t("traceAgain")}
          </Button>
          {trace.data && trace.data.lines.length > 0 && (
            <Button size="small" onPress={() => download(`trace-${session.client_id}.txt`, "text/plain", traceText(trace.data))}>
              {t("traceSave")}
            </Button>
          )}
          <IconButton size="small" icon={X} label={t("traceClose")} onPress={onClose} />
        </div>
      }
    >
      <Card>
        <div className={styles.stack}>
          <p className={styles.soft}>{t("traceWhy")}</p>
          {trace.isPending && <SkeletonRows count={4} label={t("loading")} />}
          {trace.isError && !trace.data && <ErrorState error={trace.error} onRetry={() => void trace.refetch()} />}
          {trace.data?.lines.length === 0 && <p>{t("traceEmpty")}</p>}
          {trace.data && trace.data.lines.length > 0 && <Lines trace={trace.data} />}
        </div>
      </Card>
    </Section>
  );
}

function Lines({ trace }: { trace: Trace }) {
  const t = useTranslations("operations");
  const voice = useVoice();
  return (
    <ol className={styles.trace}>
      {trace.lines.map(({ at, direction, text }, index) => {
        const Arrow = direction === "out" ? ArrowUpRight : ArrowDownLeft;
        return (
          // oxlint-disable-next-line react/no-array-index-key -- lines have no id, and a trace only grows at its end
          <li key={index}>
            <time dateTime={at} className={styles.soft}>
              {clock(millis(at), voice, voice.zone, true)}
            </time>
            <Arrow size={14} role="img" aria-label={t(direction === "out" ? "out" : "in")} />
            <code>{text}</code>
          </li>
        );
      })}
    </ol>
  );
}
