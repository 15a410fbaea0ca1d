// One's own data as a file, and the end of the account.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { deleteAccount, exportAccount } from "../api/account";
import { hasStatus } from "../api/problem";
import { Row } from "../ui/Row";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { download } from "../ui/download";
import { ErrorNotice, Notice } from "../ui/Notice";
import overlay from "../ui/Overlay.module.css";
import { Card, Section } from "../ui/Section";
import { TextField } from "../ui/TextField";
import { useProfile } from "../api/session";

export function Leaving() {
  const t = useTranslations("security.leaving");
  const [asking, setAsking] = useState(false);
  const saving = useMutation({ mutationFn: exportAccount, onSuccess: (text) => download(t("fileName"), "application/json", text) });
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={t("export")} detail={t("exportWhat")}>
          <Button icon={Download} busy={saving.isPending} onPress={() => saving.mutate()}>
            {t("download")}
          </Button>
        </Row>
        <Row name={t("delete")} detail={t("deleteWhat")}>
          <Button onPress={() => setAsking(true)}>{t("delete")}</Button>
        </Row>
      </Card>
      {saving.error !== null && <ErrorNotice error={saving.error} />}
      <Dialog alert title={t("deleteTitle")} isOpen={asking} onOpenChange={setAsking}>
        <DeleteAccount onClose={() => setAsking(false)} />
      </Dialog>
    </Section>
  );
}

/** Too drastic for one press: the person types which account it is. */
function DeleteAccount({ onClose }: { onClose: () => void }) {
  const t = useTranslations("security.leaving");
  const ui = useTranslations("ui");
  const cache = useQueryClient();
  const navigate = useNavigate();
  const { email } = useProfile();
  const [typed, setTyped] = useState("");
  const ending = useMutation({
    mutationFn: deleteAccount,
    onSuccess: async () => {
      await navigate({ to: "/signin", search: { done: "deleted" } });
      cache.clear();
    },
  });
  return (
    <>
      <p className={overlay.body}>{t("deleteAll")}</p>
      {hasStatus(ending.error, 409) ? (
        <Notice tone="attention" live title={t("owner")}>
          {t("ownerNext")}
        </Notice>
      ) : (
        ending.error !== null && <ErrorNotice error={ending.error} />
      )}
      <TextField label={t("type", { email })} value={typed} onChange={setTyped} autoComplete="off" autoCapitalize="none" spellCheck={false} />
      <DialogActions>
        <Button onPress={onClose}>{ui("cancel")}</Button>
        <Button variant="danger" isDisabled={typed.trim().toLowerCase() !== email.toLowerCase()} busy={ending.isPending} onPress={() => ending.mutate()}>
          {t("deleteNow")}
        </Button>
      </DialogActions>
    </>
  );
}
