// What the device's counters rose by today and yesterday: a panel for each, energy taken, fed in, water.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { UsagePanel } from "../chart/UsagePanel";
import { useVoice } from "../format/voice";
import { attributeName } from "../format/wording";
import type { DeviceState } from "../live/hooks";
import { Card, Section } from "../ui/Section";
import { Skeleton } from "../ui/Skeleton";
import { attributeSpec, capabilitiesQuery } from "./capabilities";

/** As high as the panel of one counter, its title included. */
const USED_PX = 285;

interface Props {
  device: Device;
  state: DeviceState | undefined;
  zone: string;
  /** Whether something is likely to come, whose place is kept. */
  mayCount: boolean;
}

export function Used({ device, state, zone, mayCount }: Props) {
  const t = useTranslations("device");
  const { say } = useVoice();
  const capabilities = useQuery(capabilitiesQuery).data;
  if (state === undefined || capabilities === undefined) return mayCount && <Skeleton height={USED_PX} />;
  const counters = Object.values(state.latest).filter((latest) => attributeSpec(capabilities, latest.attribute)?.counter === true);
  return counters.map((latest) => (
    <Section key={`${latest.endpoint}/${latest.attribute}`} title={t("used", { name: attributeName(latest.attribute, say) })}>
      <Card>
        <UsagePanel device={device.id} endpoint={latest.endpoint} attribute={latest.attribute} zone={zone} latest={latest} />
      </Card>
    </Section>
  ));
}
