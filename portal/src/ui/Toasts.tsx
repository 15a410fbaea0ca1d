// Shows the toasts. Good news leaves by itself, bad news stays until it is dismissed.
import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import { Button, IconButton } from "./Button";
import { classes } from "./classes";
import styles from "./Toasts.module.css";
import { currentToasts, dismissToast, onToasts, type Toast } from "./toasts";
import { toneIcon } from "./tone";

const SHOWN_MS = 6_000;

export function ToastRegion() {
  const t = useTranslations("ui");
  const toasts = useSyncExternalStore(onToasts, currentToasts);
  return (
    <section aria-label={t("notices")} aria-live="polite" className={styles.region}>
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} onDismiss={() => dismissToast(toast.id)} />
      ))}
    </section>
  );
}

export interface ToastCardProps {
  toast: Omit<Toast, "id">;
  onDismiss: () => void;
  /** Does not leave by itself: for the component page. */
  still?: boolean;
}

export function ToastCard({ toast, onDismiss, still = false }: ToastCardProps) {
  const t = useTranslations("ui");
  const [held, setHeld] = useState(false);
  const leaves = !still && (toast.tone === "ok" || toast.tone === "unknown");
  useEffect(() => {
    if (!leaves || held) return undefined;
    const timer = setTimeout(onDismiss, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [leaves, held, onDismiss]);
  const Icon = toneIcon[toast.tone];
  return (
    <div className={classes(styles.toast, styles[toast.tone])} onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
      <Icon size={20} aria-hidden />
      <div className={styles.words}>
        <p className={styles.title}>{toast.title}</p>
        {toast.detail && <p className={styles.detail}>{toast.detail}</p>}
      </div>
      {toast.action && (
        <Button size="small" variant="quiet" onPress={toast.action.onPress}>
          {toast.action.label}
        </Button>
      )}
      <IconButton icon={X} size="small" label={t("dismiss")} onPress={onDismiss} />
    </div>
  );
}
