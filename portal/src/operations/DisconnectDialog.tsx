// Before a client is cut off: what that does, and what it does not.
import { useTranslations } from "use-intl";
import { ConfirmDialog } from "../ui/Dialog";
import { showToast } from "../ui/toasts";
import { type Session, useDisconnect } from "./sessions";

export function DisconnectDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useTranslations("operations");
  const disconnect = useDisconnect();
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("disconnectTitle", { name: session.name })}
      confirm={t("disconnect")}
      busy={disconnect.isPending}
      error={disconnect.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() =>
        disconnect.mutate(session.session, {
          onSuccess: () => {
            onClose();
            showToast({ tone: "ok", title: t("disconnected", { name: session.name }) });
          },
        })
      }
    >
      {t("disconnectWhy")}
    </ConfirmDialog>
  );
}
