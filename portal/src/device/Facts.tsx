// Beside the device: what it is.
import { useTranslations } from "use-intl";
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
