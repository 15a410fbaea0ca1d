// How many alarms wait for somebody, on every page.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { useTranslations } from "use-intl";
import { MOST_COUNTED, openAlarmsQuery } from "../api/alarms";
import { useScope } from "../app/scope";
import { classes } from "../ui/classes";
import styles from "./Alarms.module.css";

export function AlarmBadge({ className }: { className: string | undefined }) {
  const t = useTranslations("app.alarms");
  const { organisation } = useScope();
  const open = useQuery(openAlarmsQuery(organisation === undefined ? {} : { organisation })).data?.length ?? 0;
  const many = open >= MOST_COUNTED;
  return (
    <Link to="/alarms" aria-label={t(many ? "badgeMany" : "badge", { count: open })} title={t("title")} className={classes(className, styles.badge)} activeOptions={{ includeSearch: false }}>
      <Bell size={20} aria-hidden />
      {open > 0 && (
        <span className={styles.count} aria-hidden>
          {many ? t("many") : open}
        </span>
      )}
    </Link>
  );
}
