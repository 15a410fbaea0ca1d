// A value to take elsewhere with one press; a secret stays covered until it is asked for.
import { Check, Copy, Eye, EyeOff } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "./Button";
import styles from "./CopyField.module.css";
import { showToast } from "./toasts";

const COPIED_MS = 2_000;
const COVER = "••••••••••••";

export interface CopyFieldProps {
  label: string;
  value: string;
  secret?: boolean;
}

export function CopyField({ label, value, secret = false }: CopyFieldProps) {
  const t = useTranslations("ui");
  const id = useId();
  const [shown, setShown] = useState(!secret);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // Without TLS browsers give no clipboard; the value can still be marked and copied by hand.
      setShown(true);
      showToast({ tone: "attention", title: t("copyByHand") });
    }
  }
  return (
    <div className={styles.field} role="group" aria-labelledby={id}>
      <span id={id} className={styles.label}>
        {label}
      </span>
      <div className={styles.box}>
        <span className={styles.value} title={shown ? value : undefined}>
          {shown ? value : COVER}
        </span>
        {secret && (
          <IconButton size="small" icon={shown ? EyeOff : Eye} label={t(shown ? "hide" : "reveal")} onPress={() => setShown(!shown)} />
        )}
        <IconButton size="small" icon={copied ? Check : Copy} label={copied ? t("copied") : t("copyOf", { label })} onPress={copy} />
      </div>
    </div>
  );
}
