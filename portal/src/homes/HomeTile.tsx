// One home at a glance: whether all is well in it, and if not, what.
import { BedDouble, Briefcase, Building, House, type LucideIcon, Palmtree, Warehouse } from "lucide-react";
import { memo } from "react";
import { useTranslations } from "use-intl";
import type { Home, PropertyType } from "../api/homes";
import { Status } from "../ui/Status";
import { Tile } from "../ui/Tile";
import type { Tone } from "../ui/tone";

export const propertyIcon: Record<PropertyType, LucideIcon> = {
  house: House,
  apartment: Building,
  holiday_rental: Palmtree,
  room: BedDouble,
  office: Briefcase,
  other: Warehouse,
};

export const HomeTile = memo(function HomeTile({ home }: { home: Home }) {
  const t = useTranslations("homes.tile");
  const { devices, offline, danger, attention } = home.summary;
  const tone: Tone = danger > 0 ? "danger" : attention > 0 ? "attention" : devices === 0 ? "unknown" : "ok";
  const words = { danger: t("danger", { count: danger }), attention: t("attention", { count: attention }), unknown: t("empty"), ok: t("well") };
  return (
    <Tile
      icon={propertyIcon[home.property_type]}
      name={home.name}
      state={<Status tone={tone} label={words[tone]} />}
      {...((tone === "danger" || tone === "attention") && { tone })}
      note={devices > 0 && (offline > 0 ? t("devicesOffline", { count: devices, offline }) : t("devices", { count: devices }))}
      lead="name"
      link={{ to: "/homes/$homeId", params: { homeId: home.id } }}
    />
  );
});
