// Recovery codes, seen once: copied or saved, then put away.
import { Copy, Download } from "lucide-react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { download } from "../ui/download";
import { Notice } from "../ui/Notice";
import { showToast } from "../ui/toasts";
import styles from "./Security.module.css";

export function Codes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const t = useTranslations("security.codes");
  const ui = useTranslations("ui");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      showToast({ tone: "ok", title: ui("copied") });
    } catch {
      // Without TLS browsers give no clipboard; the codes can be marked by hand.
      showToast({ tone: "attention", title: ui("copyByHand") });
    }
  }
  const text = `${t("file", { host: location.host })}\n\n${codes.join("\n")}\n`;
  return (
    <div className={styles.stack}>
      <Notice tone="attention" title={t("once")}>
        {t("onceWhat")}
      </Notice>
      <ul className={styles.codes} aria-label={t("title")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={styles.actions}>
        <Button icon={Copy} onPress={() => void copy()}>
          {ui("copy")}
        </Button>
        <Button icon={Download} onPress={() => download(t("fileName"), "text/plain", text)}>
          {t("download")}
        </Button>
      </div>
      <DialogActions>
        <Button variant="primary" onPress={onDone}>
          {t("kept")}
        </Button>
      </DialogActions>
    </div>
  );
}
