// A home's floor area, filled in as whoever fills it in measures it, and kept in square metres.
import { useTranslations } from "use-intl";
import { scaleFor } from "../format/quantity";
import { conversion, isConverted } from "../format/units";
import { useVoice } from "../format/voice";
import { FormNumber } from "../ui/Form";

export function AreaField() {
  const t = useTranslations("homes.create");
  const { units } = useVoice();
  const shownIn = conversion("m2", units);
  return (
    <FormNumber
      name="floor_area_m2"
      label={t("area")}
      help={t("areaHelp")}
      unit={scaleFor(shownIn.unit, 0).unit}
      optional
      minValue={1}
      {...(isConverted("m2", units) && { conversion: shownIn })}
    />
  );
}
