// What has to be answered before going on: a dialog for a small form, and a question before something drastic. What
// draws it is loaded when one first opens.
import { lazy, type ReactNode, Suspense } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./Button";
import { ErrorNotice } from "./Notice";
import styles from "./Overlay.module.css";

const DialogFrame = lazy(async () => ({ default: (await import("./DialogFrame")).DialogFrame }));

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  wide?: boolean;
  /** A drastic question: not closed by pressing beside it. */
  alert?: boolean;
  /** May open while another dialog is open, over which it then lies. */
  top?: boolean;
  children: ReactNode;
}

export function Dialog(props: DialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <DialogFrame {...props} />
    </Suspense>
  );
}

/** The line of buttons that ends a dialog, the one that acts last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

export interface ConfirmDialogProps {
  title: string;
  /** What will happen, and what will not come back. */
  children: ReactNode;
  /** The deed itself as a verb: "Remove lock", never "OK". */
  confirm: string;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  onConfirm: () => void;
  dangerous?: boolean;
  busy?: boolean;
  error?: unknown;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirm, isOpen, onOpenChange, onConfirm, dangerous = false, busy = false, error } = props;
  const t = useTranslations("ui");
  return (
    <Dialog alert title={title} isOpen={isOpen} onOpenChange={onOpenChange}>
      <div className={styles.body}>{children}</div>
      {error !== undefined && error !== null && <ErrorNotice error={error} />}
      <DialogActions>
        <Button onPress={() => onOpenChange(false)}>{t("cancel")}</Button>
        <Button variant={dangerous ? "danger" : "primary"} busy={busy} onPress={onConfirm}>
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
