// Some lines to paste into a terminal, with a button that copies them.
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "./Button";
import styles from "./Snippet.module.css";
import { showToast } from "./toasts";

const COPIED_MS = 2_000;

export function Snippet({ label, text }: { label: string; text: string }) {
  const t = useTranslations("ui");
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without TLS browsers give no clipboard; the lines can be marked by hand.
      showToast({ tone: "attention", title: t("copyByHand") });
    }
  }
  return (
    <div className={styles.snippet}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so keys must reach it */}
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <IconButton size="small" icon={copied ? Check : Copy} label={copied ? t("copied") : t("copyOf", { label })} onPress={() => void copy()} />
    </div>
  );
}
