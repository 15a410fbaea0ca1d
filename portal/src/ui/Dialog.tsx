// What has to be answered before going on: a dialog for a small form, and a question before something drastic.
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslations } from "use-intl";
import { Button, IconButton } from "./Button";
import { classes } from "./classes";
import { ErrorNotice } from "./Notice";
import styles from "./Overlay.module.css";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  wide?: boolean;
  /** A drastic question: not closed by pressing beside it. */
  alert?: boolean;
  children: ReactNode;
}

export function Dialog({ title, isOpen, onOpenChange, wide = false, alert = false, children }: DialogProps) {
  const t = useTranslations("ui");
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable={!alert} className={styles.backdrop ?? ""}>
      <Modal className={classes(styles.modal, wide && styles.wide)}>
        <AriaDialog role={alert ? "alertdialog" : "dialog"} className={styles.dialog ?? ""}>
          <div className={styles.dialogHead}>
            <Heading slot="title" level={2} className={styles.dialogTitle ?? ""}>
              {title}
            </Heading>
            {!alert && <IconButton icon={X} label={t("close")} size="small" onPress={() => onOpenChange(false)} />}
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
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
