// What the chart is compared with: nothing, the time before, or whatever else of the home tells the same.
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { devicesQuery } from "../api/lists";
import { Select } from "../ui/Select";
import { partnersOf } from "./compare";
import styles from "./HistoryPanel.module.css";

interface Props {
  home: string;
  device: string;
  endpoint: number;
  attribute: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

const NOTHING = "nothing";

export function CompareSelect({ home, device, endpoint, attribute, value, onChange }: Props) {
  const t = useTranslations("chart.compare");
  const devices = useQuery(devicesQuery({ home })).data ?? [];
  const partners = partnersOf(devices, { device, endpoint }, attribute);
  const twice = (name: string) => partners.filter((one) => one.device.name === name).length > 1;
  const items = [
    { id: NOTHING, label: t("nothing") },
    { id: "previous", label: t("previous") },
    ...partners.map(({ id, device: other, endpoint: number }) => ({ id, label: twice(other.name) ? `${other.name} ${number}` : other.name })),
  ];
  return (
    <div className={styles.compare}>
      <Select label={t("label")} items={items} value={value ?? NOTHING} onChange={(id) => onChange(id === NOTHING ? undefined : id)} />
    </div>
  );
}
