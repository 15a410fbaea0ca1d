// Takes in everything that waits, and says what did not work.
import { useTranslations } from "use-intl";
import { useAcceptAll } from "../api/inbox";
import { ConfirmDialog } from "../ui/Dialog";
import { showToast } from "../ui/toasts";

export function AcceptAll({ home, count, onClose }: { home: string; count: number; onClose: () => void }) {
  const t = useTranslations("inbox");
  const acceptAll = useAcceptAll(home);
  function confirm(): void {
    acceptAll.mutate(undefined, {
      onSuccess: ({ accepted, refused }) => {
        onClose();
        if (accepted.length > 0) showToast({ tone: "ok", title: t("accepted", { count: accepted.length }) });
        if (refused.length > 0) {
          const reasons = [...new Set(refused.map(({ reason }) => reason))].join(" ");
          showToast({ tone: "attention", title: t("notAccepted", { count: refused.length }), detail: reasons });
        }
      },
    });
  }
  return (
    <ConfirmDialog
      isOpen
      title={t("acceptAllTitle", { count })}
      confirm={t("acceptAll", { count })}
      busy={acceptAll.isPending}
      error={acceptAll.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={confirm}
    >
      {t("acceptAllWhy")}
    </ConfirmDialog>
  );
}
