// Taking an alarm upon oneself: one press, with a word for the others on what one does about it, for whoever has one.
import { useTranslations } from "use-intl";
import { useAcknowledge } from "../api/alarms";
import { hasStatus } from "../api/problem";
import { Dialog } from "../ui/Dialog";
import { PlainForm } from "../ui/PlainForm";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";

interface Props {
  id: string;
  title: string;
  onClose: () => void;
}

/** As long as the server takes. */
const NOTE_MAX_CHARS = 1_000;

export function AcknowledgeDialog({ id, title, onClose }: Props) {
  const t = useTranslations("alarms");
  const acknowledge = useAcknowledge();
  async function send({ note }: { note: string }): Promise<void> {
    try {
      await acknowledge.mutateAsync({ id, note });
      showToast({ tone: "ok", title: t("taken"), detail: title });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      showToast({ tone: "unknown", title: t("already"), detail: title });
    }
    onClose();
  }
  return (
    <Dialog title={t("acknowledge")} isOpen onOpenChange={(open) => !open && onClose()}>
      <p>{title}</p>
      <PlainForm initial={{ note: "" }} optional={["note"]} submit={t("acknowledge")} onCancel={onClose} onSubmit={send}>
        {(field) => <TextField {...field("note")} label={t("noteLabel")} help={t("noteHelp")} optional autoFocus autoComplete="off" maxLength={NOTE_MAX_CHARS} />}
      </PlainForm>
    </Dialog>
  );
}
