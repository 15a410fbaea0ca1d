// What needs attention in this home, worst first. Nothing is shown when nothing does.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { attentionQuery, type Concern } from "../api/attention";
import type { Home } from "../api/lists";
import { millis } from "../format/instant";
import { concernIcon } from "../today/concerns";
import { Age } from "../ui/Age";
import { Button } from "../ui/Button";
import { List, ListRow } from "../ui/List";
import { Section } from "../ui/Section";

/** As many as leave the rooms in view; dangers are never folded away. */
const SHOWN = 4;

export function HomeAttention({ home }: { home: Home }) {
  const t = useTranslations("home");
  const [all, setAll] = useState(false);
  const concerns = useQuery(attentionQuery({ home: home.id })).data ?? [];
  if (concerns.length === 0) return null;
  const most = Math.max(SHOWN, concerns.filter(({ severity }) => severity === "danger").length);
  return (
    <Section title={t("attention.title")} count={concerns.length}>
      <List>
        {concerns.slice(0, all ? undefined : most).map((concern) => (
          <Row key={concern.id} concern={concern} zone={home.time_zone} />
        ))}
      </List>
      {concerns.length > most && (
        <Button variant="quiet" size="small" onPress={() => setAll(!all)}>
          {all ? t("attention.fewer") : t("attention.more", { count: concerns.length - most })}
        </Button>
      )}
    </Section>
  );
}

function Row({ concern, zone }: { concern: Concern; zone: string }) {
  const t = useTranslations("today");
  return (
    <ListRow
      icon={concernIcon[concern.kind]}
      tone={concern.severity}
      title={
        <Link to="/devices/$deviceId" params={{ deviceId: concern.device }}>
          {t("concernOf", { what: t(`concern.${concern.kind}`), device: concern.device_name })}
        </Link>
      }
      detail={concern.room_name}
      end={<Age time={millis(concern.since)} timeZone={zone} />}
    />
  );
}
