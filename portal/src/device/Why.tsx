// Beside the device: why it is as it is, from what changed it last and what was asked of it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import type { Device } from "../api/lists";
import { newestFirst } from "../events/order";
import { Card, Section } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { EventLines } from "./EventLines";

const SHOWN = 4;
/** As high as the list is when it is full. */
const WHY_PX = 276;
/** The log has late reports out of order, so the newest four are looked for among more. */
const ASKED = 30;
/** What changed it, and what was asked of it. A command's steps on the way say no more than its end. */
const TYPES = "attribute.changed,device.occurrence,device.online,device.offline,device.late,command.confirmed,command.refused,command.failed,command.expired,command.unconfirmed";

export function Why({ device, zone }: { device: Device; zone: string }) {
  const t = useTranslations("device");
  const query = { type: TYPES, order: "newest_first" as const, limit: ASKED };
  const events = useQuery({
    queryKey: keys.events({ device: device.id, lately: true }),
    queryFn: ({ signal }) => answer(api.GET("/api/iot/devices/{id}/events", { params: { path: { id: device.id }, query }, signal })),
  });
  const items = useDeferredValue(events.data?.items);
  // Also the quiet changes: they are why the device is as it is.
  const told = useMemo(() => newestFirst(items ?? []).slice(0, SHOWN).map((event) => ({ event, count: 1, same: true })), [items]);
  if (items === undefined) return events.isError ? null : <Skeleton height={WHY_PX} />;
  const all = (
    <Link to="/events" search={{ device: device.id }}>
      {t("why.all")}
    </Link>
  );
  return (
    <Section title={t("why.title")} action={all}>
      <Card>
        <EventLines told={told} zone={zone} />
      </Card>
    </Section>
  );
}
