// A client's id and its secret, which is seen once.
import { useTranslations } from "use-intl";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import styles from "./OAuth.module.css";

export function ClientSecret({ title, id, secret, onClose }: { title: string; id: string; secret: string | undefined; onClose: () => void }) {
  const t = useTranslations("oauth.clients");
  return (
    <Dialog alert isOpen title={title} onOpenChange={onClose}>
      <div className={styles.stack}>
        {secret === undefined ? (
          <Notice tone="ok" title={t("noSecret")}>
            {t("noSecretWhat")}
          </Notice>
        ) : (
          <Notice tone="attention" title={t("once")}>
            {t("onceWhat")}
          </Notice>
        )}
        <CopyField label={t("id")} value={id} />
        {secret !== undefined && <CopyField secret label={t("secret")} value={secret} />}
        <DialogActions>
          <Button variant="primary" onPress={onClose}>
            {t("kept")}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
