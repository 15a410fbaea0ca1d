// The home's energy and water: today against yesterday, from its main meter where it has one.
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import type { Device, Home } from "../api/lists";
import { UsagePanel } from "../chart/UsagePanel";
import { latestOf } from "../device/controls/control";
import { useDeviceState } from "../live/hooks";
import { Card, Section } from "../ui/Section";
import { type HomeMeter, metersOf } from "./rooms";

export function HomeUsage({ home, devices }: { home: Home; devices: readonly Device[] }) {
  return metersOf(devices).map((meter) => <Meter key={meter.name} home={home} meter={meter} />);
}

function Meter({ home, meter }: { home: Home; meter: HomeMeter }) {
  const t = useTranslations("home");
  const { name, device, endpoint, attribute } = meter;
  const state = useDeviceState(device.id, home.id);
  const more = (
    <Link to="/devices/$deviceId" params={{ deviceId: device.id }} search={{ attribute: `${endpoint}/${attribute}`, range: "7d" }}>
      {device.name}
    </Link>
  );
  return (
    <Section title={t(`usage.${name}`)} action={more}>
      <Card>
        <UsagePanel device={device.id} endpoint={endpoint} attribute={attribute} zone={home.time_zone} latest={latestOf(state, endpoint, attribute)} />
      </Card>
    </Section>
  );
}
