// The last things that happened in a home, with who or what caused them; all of them are one press away.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import type { Home } from "../api/lists";
import { EventLines } from "../device/EventLines";
import { digest } from "../events/digest";
import { useTeller } from "../events/EventList";
import { eventTone } from "../events/sentence";
import { Card, Section } from "../ui/Section";

const SHOWN = 8;
/** Most of what devices say all day long is left out. */
const ASKED = 120;
/** What devices report all day long would drown what people want to know. */
const TYPES = "attribute.changed,device.occurrence,device.online,device.offline,command.confirmed,command.refused,command.failed,command.unconfirmed,command.expired";

export function Lately({ home }: { home: Home }) {
  const t = useTranslations("home");
  const query = { home: home.id, type: TYPES, order: "newest_first" as const, limit: ASKED };
  const events = useQuery({
    queryKey: keys.events({ home: home.id, lately: true }),
    queryFn: ({ signal }) => answer(api.GET("/api/events", { params: { query }, signal })),
  });
  const teller = useTeller();
  const items = useDeferredValue(events.data?.items);
  const told = useMemo(() => digest(items ?? [], (event) => eventTone(event, teller.names) === "danger").slice(0, SHOWN), [items, teller.names]);
  if (told.length === 0) return null;
  return (
    <Section title={t("lately")} action={<Link to="/events" search={{ home: home.id }}>{t("allEvents")}</Link>}>
      <Card>
        <EventLines told={told} zone={home.time_zone} />
      </Card>
    </Section>
  );
}
