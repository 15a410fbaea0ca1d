// Making, renaming and removing a room.
import { useTranslations } from "use-intl";
import { roomBody } from "../api/bodies";
import type { Room } from "../api/lists";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Form, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";
import { useDeleteRoom, useSaveRoom } from "./changes";

interface RoomDialogProps {
  home: string;
  /** Without one, a new room is made. */
  room: Room | undefined;
  onClose: () => void;
}

export function RoomDialog({ home, room, onClose }: RoomDialogProps) {
  const t = useTranslations("manage.rooms");
  return (
    <Dialog isOpen title={t(room === undefined ? "add" : "rename")} onOpenChange={(open) => !open && onClose()}>
      <RoomForm home={home} room={room} onDone={onClose} />
    </Dialog>
  );
}

function RoomForm({ home, room, onDone }: { home: string; room: Room | undefined; onDone: () => void }) {
  const t = useTranslations("manage.rooms");
  const save = useSaveRoom(home);
  const form = useAppForm(roomBody, { name: room?.name ?? "" });
  return (
    <Form
      form={form}
      submit={t(room === undefined ? "add" : "save")}
      onCancel={onDone}
      onSubmit={async ({ name }) => {
        await save.mutateAsync({ id: room?.id, name: name.trim() });
        onDone();
        showToast({ tone: "ok", title: t("saved", { name }) });
      }}
    >
      <FormText name="name" label={t("name")} autoFocus />
    </Form>
  );
}

export function RemoveRoom({ room, onClose }: { room: Room; onClose: () => void }) {
  const t = useTranslations("manage.rooms");
  const remove = useDeleteRoom();
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("removeOf", { name: room.name })}
      confirm={t("remove")}
      busy={remove.isPending}
      error={remove.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() =>
        remove.mutate(room.id, {
          onSuccess: () => {
            onClose();
            showToast({ tone: "ok", title: t("removed", { name: room.name }) });
          },
        })
      }
    >
      {t("removeWhy")}
    </ConfirmDialog>
  );
}
