// One alarm: what, where, since when, how often, and who took notice.
import { Link } from "@tanstack/react-router";
import { BellRing, CircleCheck } from "lucide-react";
import { useTranslations } from "use-intl";
import { useAcknowledge } from "../api/alarms";
import type { Alarm } from "../api/identity";
import { useProfile } from "../api/session";
import { useWhen } from "../security/when";
import { Age } from "../ui/Age";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import { ErrorNotice } from "../ui/Notice";
import { toneIcon } from "../ui/tone";
import styles from "./Alarms.module.css";
import { toneOf } from "./order";

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

export function AlarmRow({ alarm, home }: { alarm: Alarm; home: string | undefined }) {
  const t = useTranslations("alarms");
  const acknowledge = useAcknowledge();
  const may = useMayAcknowledge(alarm.organisation);
  return (
    <li className={styles.alarm} data-alarm={alarm.id}>
      <span className={classes(styles.icon, styles[toneOf(alarm)])}>
        <AlarmIcon alarm={alarm} />
      </span>
      <div className={styles.words}>
        <p className={styles.title}>
          {alarm.device == null ? (
            alarm.title
          ) : (
            <Link to="/devices/$deviceId" params={{ deviceId: alarm.device }}>
              {alarm.title}
            </Link>
          )}
          <Badge accent={alarm.state === "open"}>{t(`states.${alarm.state}`)}</Badge>
          <Badge>{t(`severities.${alarm.severity}`)}</Badge>
        </p>
        {alarm.detail != null && <p className={styles.soft}>{alarm.detail}</p>}
        <Facts alarm={alarm} home={home} />
        {acknowledge.error !== null && <ErrorNotice error={acknowledge.error} />}
      </div>
      {alarm.state === "open" && may && (
        <div className={styles.act}>
          <Button size="small" aria-label={t("acknowledgeOf", { title: alarm.title })} busy={acknowledge.isPending} onPress={() => acknowledge.mutate({ id: alarm.id })}>
            {t("acknowledge")}
          </Button>
        </div>
      )}
    </li>
  );
}

function Facts({ alarm, home }: { alarm: Alarm; home: string | undefined }) {
  const t = useTranslations("alarms");
  const when = useWhen();
  return (
    <p className={classes(styles.soft, styles.dots)}>
      {home !== undefined && <span>{home}</span>}
      <span>
        <Age time={alarm.raised_at} />
      </span>
      {alarm.times > 1 && <span>{t("times", { count: alarm.times })}</span>}
      {alarm.acknowledged_at != null && (
        <span>{alarm.acknowledged_by == null ? t("acknowledgedAt", { time: when(alarm.acknowledged_at) }) : t("acknowledgedBy", { name: alarm.acknowledged_by.name, time: when(alarm.acknowledged_at) })}</span>
      )}
      {alarm.cleared_at != null && <span>{t("clearedAt", { time: when(alarm.cleared_at) })}</span>}
    </p>
  );
}
