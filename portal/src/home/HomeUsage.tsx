// The home's energy and water: today against yesterday, from its main meter where it has one.
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import type { Device, Home } from "../api/lists";
import { UsagePanel } from "../chart/UsagePanel";
import { latestOf } from "../device/controls/control";
import { useDeviceState } from "../live/hooks";
import { Card, Section } from "../ui/Section";
import { mainMeter } from "./rooms";

const METERS = [
  { name: "energy", capability: "ElectricalEnergyMeasurement", attribute: "ElectricalEnergyMeasurement.CumulativeEnergyImported" },
  { name: "water", capability: "WaterVolume", attribute: "WaterVolume.CumulativeVolume" },
] as const;

export function HomeUsage({ home, devices }: { home: Home; devices: readonly Device[] }) {
  return METERS.map((meter) => {
    const found = mainMeter(devices, meter.capability);
    return found === undefined ? null : <Meter key={meter.name} home={home} meter={meter} device={found.device} endpoint={found.endpoint} />;
  });
}

interface MeterProps {
  home: Home;
  meter: (typeof METERS)[number];
  device: Device;
  endpoint: number;
}

function Meter({ home, meter, device, endpoint }: MeterProps) {
  const t = useTranslations("home");
  const state = useDeviceState(device.id);
  const more = (
    <Link to="/devices/$deviceId" params={{ deviceId: device.id }} search={{ attribute: `${endpoint}/${meter.attribute}`, range: "7d" }}>
      {device.name}
    </Link>
  );
  return (
    <Section title={t(`usage.${meter.name}`)} action={more}>
      <Card>
        <UsagePanel device={device.id} endpoint={endpoint} attribute={meter.attribute} zone={home.time_zone} latest={latestOf(state, endpoint, meter.attribute)} />
      </Card>
    </Section>
  );
}
