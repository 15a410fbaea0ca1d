// What needs attention in this home, worst first. Nothing is shown when nothing does.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useTranslations } from "use-intl";
import { attentionQuery, type Concern } from "../api/attention";
import type { Home } from "../api/lists";
import { millis } from "../format/instant";
import { Age } from "../ui/Age";
import { classes } from "../ui/classes";
import { Card, Section } from "../ui/Section";
import { Status } from "../ui/Status";
import styles from "./HomeAttention.module.css";

/** More than these are behind a press: a phone shows one thing well. */
const MOST_SHOWN = 5;

export function HomeAttention({ home }: { home: Home }) {
  const t = useTranslations("home");
  const items = useQuery(attentionQuery({ home: home.id })).data ?? [];
  if (items.length === 0) return null;
  const [first, rest] = [items.slice(0, MOST_SHOWN), items.slice(MOST_SHOWN)];
  return (
    <Section title={t("attention.title")} count={items.length}>
      <Card flush>
        <ul>
          {first.map((item) => <Row key={item.id} item={item} zone={home.time_zone} />)}
        </ul>
        {rest.length > 0 && (
          <details className={styles.rest}>
            <summary>{t("attention.more", { count: rest.length })}</summary>
            <ul>{rest.map((item) => <Row key={item.id} item={item} zone={home.time_zone} />)}</ul>
          </details>
        )}
      </Card>
    </Section>
  );
}

function Row({ item, zone }: { item: Concern; zone: string }) {
  const t = useTranslations("home");
  return (
    <li className={classes(styles.row, item.severity === "danger" && styles.danger)}>
      <Status tone={item.severity} label={t(`attention.kind.${item.kind}`)} />
      <Link to="/devices/$deviceId" params={{ deviceId: item.device }} className={styles.link}>
        {item.device_name}
      </Link>
      <span className={styles.age}><Age time={millis(item.since)} timeZone={zone} /></span>
      <ChevronRight size={16} aria-hidden className={styles.more} />
    </li>
  );
}
