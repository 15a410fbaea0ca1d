// What floats above a page; each opens by its button.
import { Copy, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog, DialogActions } from "../ui/Dialog";
import { Menu } from "../ui/Menu";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";
import { Group, Specimen } from "./Specimen";

const nothing = () => undefined;

export function Overlays() {
  const t = useTranslations("showcase");
  const [open, setOpen] = useState<"dialog" | "confirm">();
  const close = () => setOpen(undefined);
  return (
    <Group title={t("groups.overlays")}>
      <Specimen name="Menu, Dialog, ConfirmDialog, Toast">
        <Menu
          label={t("words.actions")}
          trigger={<Button>{t("words.actions")}</Button>}
          groups={[
            {
              id: "edit",
              title: t("words.edit"),
              entries: [
                { id: "rename", label: t("words.rename"), icon: Pencil, onAction: nothing },
                { id: "copy", label: t("words.copy"), icon: Copy, onAction: nothing, selected: true },
                { id: "remove", label: t("words.remove"), icon: Trash2, onAction: nothing, dangerous: true },
              ],
            },
          ]}
        />
        <Button onPress={() => setOpen("dialog")}>{t("words.openDialog")}</Button>
        <Button onPress={() => setOpen("confirm")}>{t("words.openConfirm")}</Button>
        <Button onPress={() => showToast({ tone: "ok", title: t("words.noticeTitle") })}>{t("words.showToast")}</Button>
      </Specimen>
      <Dialog title={t("words.rename")} isOpen={open === "dialog"} onOpenChange={close}>
        <TextField label={t("words.name")} defaultValue={t("words.familyHouse")} />
        <DialogActions>
          <Button onPress={close}>{t("words.cancel")}</Button>
          <Button variant="primary" onPress={close}>
            {t("words.save")}
          </Button>
        </DialogActions>
      </Dialog>
      <ConfirmDialog title={t("words.removeTitle")} confirm={t("words.remove")} dangerous isOpen={open === "confirm"} onOpenChange={close} onConfirm={close}>
        {t("words.removeWhat")}
      </ConfirmDialog>
    </Group>
  );
}
