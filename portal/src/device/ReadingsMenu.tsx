// What may be done to the readings that a chart shows: it leads to the page of it, with the same series and time.
import { useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, FileUp, Pencil, Trash2 } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { IconButton } from "../ui/Button";
import { Menu, type MenuEntry } from "../ui/Menu";

interface Props {
  device: Device;
  /** As both pages have them in the URL. */
  attribute?: string | undefined;
  range?: string | undefined;
}

const TASKS = { import: FileUp, correct: Pencil, remove: Trash2 } as const;

export function ReadingsMenu({ device, attribute, range }: Props) {
  const t = useTranslations("device.readings");
  const navigate = useNavigate();
  const entry = (task: keyof typeof TASKS): MenuEntry => ({
    id: task,
    label: t(task),
    icon: TASKS[task],
    onAction: () => void navigate({ to: "/devices/$deviceId/readings", params: { deviceId: device.id }, search: { task, attribute, range } }),
  });
  return (
    <Menu
      label={t("label")}
      trigger={<IconButton size="small" icon={EllipsisVertical} label={t("label")} />}
      groups={[
        { id: "change", entries: [entry("import"), entry("correct")] },
        { id: "end", entries: [{ ...entry("remove"), dangerous: true }] },
      ]}
    />
  );
}
