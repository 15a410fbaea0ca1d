// The folded actions of one device, in lists and on its page.
import { EllipsisVertical, KeyRound, Pencil, Replace, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslations } from "use-intl";
import type { Device } from "../api/lists";
import { IconButton } from "../ui/Button";
import { Menu } from "../ui/Menu";
import type { DeviceTask } from "./DeviceDialogs";

/** Forms are heavy, and most visits change nothing. */
const DeviceDialog = lazy(async () => ({ default: (await import("./DeviceDialogs")).DeviceDialog }));

export function DeviceMenu({ device }: { device: Device }) {
  const t = useTranslations("manage.menu");
  const [task, setTask] = useState<DeviceTask>();
  return (
    <>
      <Menu
        label={t("label", { name: device.name })}
        trigger={<IconButton size="small" icon={EllipsisVertical} label={t("label", { name: device.name })} />}
        groups={[
          {
            id: "change",
            entries: [
              { id: "edit", label: t("edit"), icon: Pencil, onAction: () => setTask("edit") },
              { id: "replace", label: t("replace"), icon: Replace, onAction: () => setTask("replace") },
              { id: "rotate", label: t("rotate"), icon: KeyRound, onAction: () => setTask("rotate") },
            ],
          },
          { id: "end", entries: [{ id: "delete", label: t("delete"), icon: Trash2, dangerous: true, onAction: () => setTask("delete") }] },
        ]}
      />
      {task !== undefined && (
        <Suspense>
          <DeviceDialog device={device} task={task} onClose={() => setTask(undefined)} />
        </Suspense>
      )}
    </>
  );
}
