// What needs attention in this home, worst first. Nothing is shown when nothing does.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Home } from "../api/lists";
import { millis } from "../format/instant";
import { Age } from "../ui/Age";
import { classes } from "../ui/classes";
import { Card, Section } from "../ui/Section";
import { Status } from "../ui/Status";
import styles from "./HomeAttention.module.css";
import { type Attention, homeAttentionQuery } from "./queries";

const KINDS = [
  "smoke", "carbon_monoxide", "leak", "door_forced", "door_jammed", "offline", "late", "battery_low", "door_open", "unlocked", "air_poor",
] as const;
/** More than these are behind a press: a phone shows one thing well. */
const MOST_SHOWN = 5;

export function HomeAttention({ home }: { home: Home }) {
  const t = useTranslations("home");
  const items = useQuery(homeAttentionQuery(home.id)).data ?? [];
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

function Row({ item, zone }: { item: Attention; zone: string }) {
  const t = useTranslations("home");
  const kind = KINDS.find((one) => one === item.kind);
  return (
    <li className={classes(styles.row, item.severity === "danger" && styles.danger)}>
      <Status tone={item.severity} label={kind === undefined ? item.kind : t(`attention.kind.${kind}`)} />
      <Link to="/devices/$deviceId" params={{ deviceId: item.device }} className={styles.link}>
        {item.device_name}
      </Link>
      <span className={styles.age}><Age time={millis(item.since)} timeZone={zone} /></span>
      <ChevronRight size={16} aria-hidden className={styles.more} />
    </li>
  );
}
