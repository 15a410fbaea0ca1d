// Beside the device: why it is as it is, and what it is.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import type { Device } from "../api/lists";
import { duration } from "../format/age";
import { millis } from "../format/instant";
import { dayName } from "../format/moment";
import { useVoice } from "../format/voice";
import { capabilityName } from "../format/wording";
import { Badge } from "../ui/Badge";
import { Facts } from "../ui/Facts";
import { useNow } from "../ui/now";
import { Card, Section } from "../ui/Section";
import { EventLines } from "./EventLines";

const SHOWN = 4;
/** What changed it, and what was asked of it. A command's steps on the way say no more than its end. */
const TYPES = "attribute.changed,device.occurrence,device.online,device.offline,device.late,command.confirmed,command.refused,command.failed,command.expired,command.unconfirmed";

export function Why({ device, zone }: { device: Device; zone: string }) {
  const t = useTranslations("device");
  const query = { type: TYPES, order: "newest_first" as const, limit: SHOWN };
  const events = useQuery({
    queryKey: keys.events({ device: device.id, lately: true }),
    queryFn: ({ signal }) => answer(api.GET("/api/iot/devices/{id}/events", { params: { path: { id: device.id }, query }, signal })),
  });
  if (events.data === undefined) return null;
  const all = (
    <Link to="/events" search={{ device: device.id }}>
      {t("why.all")}
    </Link>
  );
  return (
    <Section title={t("why.title")} action={all}>
      <Card>
        <EventLines events={events.data.items} zone={zone} />
      </Card>
    </Section>
  );
}

export function DeviceFacts({ device, zone }: { device: Device; zone: string }) {
  const t = useTranslations("device");
  const voice = useVoice();
  const now = useNow();
  const capabilities = [...new Set(device.endpoints.flatMap((endpoint) => endpoint.capabilities))];
  const rows = [
    { name: t("facts.vendor"), value: device.vendor },
    { name: t("facts.model"), value: device.model },
    { name: t("facts.serial"), value: device.serial },
    { name: t("facts.firmware"), value: device.firmware },
    { name: t("facts.capabilities"), value: capabilities.map((one) => capabilityName(one, voice.say)).join(", ") },
    { name: t("facts.reports"), value: t("facts.every", { span: duration(device.expected_interval_s * 1_000, voice.say) }) },
    { name: t("facts.tags"), value: device.tags.length === 0 ? "" : device.tags.map((tag) => <Badge key={tag}>{tag}</Badge>) },
    { name: t("facts.added"), value: dayName(millis(device.created_at), voice, { zone, now }) },
  ];
  return (
    <Section title={t("facts.title")}>
      <Card>
        <Facts items={rows.filter(({ value }) => value !== "" && value !== null && value !== undefined)} />
      </Card>
    </Section>
  );
}
