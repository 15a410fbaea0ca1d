// Another name for a passkey.
import { useTranslations } from "use-intl";
import { type Passkey, useRenamePasskey } from "../api/factors";
import { Dialog } from "../ui/Dialog";
import { PlainForm } from "../ui/PlainForm";
import { TextField } from "../ui/TextField";

export function RenamePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useTranslations("security.passkeys");
  const rename = useRenamePasskey();
  return (
    <Dialog isOpen title={t("rename")} onOpenChange={(open) => !open && onClose()}>
      <PlainForm initial={{ name: passkey.name }} submit={t("save")} onSubmit={({ name }) => rename.mutateAsync({ id: passkey.id, name }).then(onClose)}>
        {(field) => <TextField {...field("name")} label={t("name")} maxLength={120} autoFocus />}
      </PlainForm>
    </Dialog>
  );
}
