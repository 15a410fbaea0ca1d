// What needs somebody now, worst first; and a good word when nothing does.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { attentionQuery, type Concern } from "../api/attention";
import { Age } from "../ui/Age";
import { Button } from "../ui/Button";
import { ErrorState } from "../ui/ErrorState";
import { List, ListRow } from "../ui/List";
import { Section } from "../ui/Section";
import { SkeletonRows } from "../ui/Skeleton";
import { concernIcon } from "./concerns";

/** As many as one takes in at a glance; dangers are never folded away. */
const SHOWN = 6;

export function Attention({ organisation }: { organisation: string | undefined }) {
  const t = useTranslations("today.attention");
  const concerns = useQuery(attentionQuery(organisation === undefined ? {} : { organisation }));
  return (
    <Section title={t("title")} {...(concerns.data && concerns.data.length > 0 && { count: concerns.data.length })}>
      {concerns.isPending && <SkeletonRows count={3} label={t("loading")} />}
      {concerns.isError && !concerns.data && <ErrorState error={concerns.error} onRetry={() => void concerns.refetch()} />}
      {concerns.data?.length === 0 && (
        <List>
          <ListRow icon={CircleCheck} tone="ok" title={t("wellTitle")} detail={t("well")} />
        </List>
      )}
      {concerns.data && concerns.data.length > 0 && <Concerns concerns={concerns.data} />}
    </Section>
  );
}

function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  const t = useTranslations("today.attention");
  const [all, setAll] = useState(false);
  const dangers = concerns.filter(({ severity }) => severity === "danger").length;
  const shown = all ? concerns : concerns.slice(0, Math.max(SHOWN, dangers));
  return (
    <>
      <List>
        {shown.map((concern) => (
          <ConcernRow key={concern.id} concern={concern} />
        ))}
      </List>
      {concerns.length > Math.max(SHOWN, dangers) && (
        <Button variant="quiet" size="small" onPress={() => setAll(!all)}>
          {all ? t("fewer") : t("more", { count: concerns.length })}
        </Button>
      )}
    </>
  );
}

function ConcernRow({ concern }: { concern: Concern }) {
  const t = useTranslations("today");
  const where = concern.room_name ? `${concern.home_name} · ${concern.room_name}` : concern.home_name;
  return (
    <ListRow
      icon={concernIcon[concern.kind]}
      tone={concern.severity}
      title={
        <Link to="/devices/$deviceId" params={{ deviceId: concern.device }}>
          {t("concernOf", { what: t(`concern.${concern.kind}`), device: concern.device_name })}
        </Link>
      }
      detail={where}
      end={<Age time={concern.since} />}
    />
  );
}
