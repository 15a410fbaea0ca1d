// Before credentials are renewed or ended: what that cuts off.
import { useTranslations } from "use-intl";
import { type IssuedMqttClient, type MqttClient, useDeleteMqttClient, useRotateMqttClient } from "../api/mqtt-clients";
import { ConfirmDialog } from "../ui/Dialog";
import { showToast } from "../ui/toasts";

interface Props {
  home: string;
  client: MqttClient;
  onClose: () => void;
}

export function RotateClient({ home, client, onClose, onIssued }: Props & { onIssued: (issued: IssuedMqttClient) => void }) {
  const t = useTranslations("connect.clients");
  const rotate = useRotateMqttClient(home);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("rotateTitle", { name: client.name })}
      confirm={t("rotate")}
      busy={rotate.isPending}
      error={rotate.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => rotate.mutate(client.id, { onSuccess: onIssued })}
    >
      {t("rotateWhy")}
    </ConfirmDialog>
  );
}

export function RemoveClient({ home, client, onClose }: Props) {
  const t = useTranslations("connect.clients");
  const remove = useDeleteMqttClient(home);
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("removeTitle", { name: client.name })}
      confirm={t("remove")}
      busy={remove.isPending}
      error={remove.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() =>
        remove.mutate(client.id, {
          onSuccess: () => {
            onClose();
            showToast({ tone: "ok", title: t("removed", { name: client.name }) });
          },
        })
      }
    >
      {t("removeWhy")}
    </ConfirmDialog>
  );
}
