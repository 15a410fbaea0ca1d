// One alarm: what, where, since when, how often, and who took notice.
import { Link } from "@tanstack/react-router";
import { BellRing, CircleCheck, MessageSquareText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import { type Alarm, useClearAlarm } from "../api/alarms";
import { useProfile } from "../api/session";
import { spaced } from "../format/say";
import { useWhen } from "../security/when";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import { ErrorNotice } from "../ui/Notice";
import { toneIcon } from "../ui/tone";
import styles from "./Alarms.module.css";
import { toneOf } from "./order";

const AcknowledgeDialog = lazy(async () => ({ default: (await import("./AcknowledgeDialog")).AcknowledgeDialog }));

/** Alarms may be acknowledged by everybody but those who only look; the server decides in any case. */
function useMayAcknowledge(organisation: string): boolean {
  const role = useProfile().memberships.find((one) => one.organisation === organisation)?.role;
  return role !== undefined && role !== "viewer";
}

function AlarmIcon({ alarm }: { alarm: Alarm }) {
  if (alarm.state === "cleared") return <CircleCheck size={18} aria-hidden />;
  if (alarm.severity === "critical") return <BellRing size={18} aria-hidden />;
  const Icon = toneIcon[toneOf(alarm)];
  return <Icon size={18} aria-hidden />;
}

/** A person's own words, else what its kind means. */
function useTitle(): (alarm: Alarm) => string {
  const t = useTranslations("alarms");
  const kinds = useTranslations("events.alarmKinds");
  return ({ title, kind, device_name: device }) => {
    const known = kind as "smoke";
    const what = title ?? (kinds.has(known) ? kinds(known) : spaced(kind.charAt(0).toUpperCase() + kind.slice(1)));
    return device == null ? what : t("of", { what, device });
  };
}

export function AlarmRow({ alarm }: { alarm: Alarm }) {
  const t = useTranslations("alarms");
  const title = useTitle()(alarm);
  return (
    <li className={styles.alarm} data-alarm={alarm.id}>
      <span className={classes(styles.icon, styles[toneOf(alarm)])}>
        <AlarmIcon alarm={alarm} />
      </span>
      <div className={styles.words}>
        <p className={styles.title}>
          {alarm.device == null ? (
            title
          ) : (
            <Link to="/devices/$deviceId" params={{ deviceId: alarm.device }}>
              {title}
            </Link>
          )}
          <Badge accent={alarm.state === "open"}>{t(`states.${alarm.state}`)}</Badge>
          <Badge>{t(`severities.${alarm.severity}`)}</Badge>
        </p>
        {alarm.detail != null && <p className={styles.soft}>{alarm.detail}</p>}
        <Facts alarm={alarm} />
        {alarm.note != null && alarm.note !== "" && (
          <p className={styles.note}>
            <MessageSquareText size={16} aria-label={t("note")} role="img" />
            <span>{alarm.note}</span>
          </p>
        )}
      </div>
      <Deeds alarm={alarm} title={title} />
    </li>
  );
}

function Deeds({ alarm, title }: { alarm: Alarm; title: string }) {
  const t = useTranslations("alarms");
  const [acknowledging, setAcknowledging] = useState(false);
  const clear = useClearAlarm();
  const may = useMayAcknowledge(alarm.organisation);
  if (!may || alarm.state === "cleared") return null;
  return (
    <div className={styles.act}>
      {alarm.state === "open" && (
        <Button size="small" aria-label={t("acknowledgeOf", { title })} onPress={() => setAcknowledging(true)}>
          {t("acknowledge")}
        </Button>
      )}
      {alarm.state === "acknowledged" && alarm.source !== "state" && (
        <Button size="small" aria-label={t("overOf", { title })} busy={clear.isPending} onPress={() => clear.mutate(alarm.id)}>
          {t("over")}
        </Button>
      )}
      {clear.error !== null && <ErrorNotice error={clear.error} />}
      <Suspense>{acknowledging && <AcknowledgeDialog id={alarm.id} title={title} onClose={() => setAcknowledging(false)} />}</Suspense>
    </div>
  );
}

function Facts({ alarm }: { alarm: Alarm }) {
  const t = useTranslations("alarms");
  const when = useWhen();
  const { acknowledged_at: at, acknowledged_by: by } = alarm;
  return (
    <p className={classes(styles.soft, styles.dots)}>
      {alarm.home_name != null && <span>{alarm.home_name}</span>}
      <span>
        <Age time={alarm.since} />
      </span>
      {alarm.times > 1 && <span>{t("times", { count: alarm.times })}</span>}
      {at != null && <span>{by?.name == null ? t("acknowledgedAt", { time: when(at) }) : t("acknowledgedBy", { name: by.name, time: when(at) })}</span>}
      {alarm.cleared_at != null && <span>{t("clearedAt", { time: when(alarm.cleared_at) })}</span>}
    </p>
  );
}
