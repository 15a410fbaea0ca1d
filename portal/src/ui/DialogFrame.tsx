// The dialog itself: over the page, keeping the focus until it closes. Loaded by `Dialog` when one first opens.
import { X } from "lucide-react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslations } from "use-intl";
import { AriaLocale } from "./AriaLocale";
import { IconButton } from "./Button";
import { classes } from "./classes";
import type { DialogProps } from "./Dialog";
import styles from "./Overlay.module.css";

export function DialogFrame({ title, isOpen, onOpenChange, wide = false, alert = false, top = false, children }: DialogProps) {
  const t = useTranslations("ui");
  return (
    <AriaLocale>
      {/* Lets the focus leave another dialog for this one. */}
      <ModalOverlay
        isOpen={isOpen}
        onOpenChange={onOpenChange}
        isDismissable={!alert}
        className={classes(styles.backdrop, top && styles.top)}
        {...(top && { "data-react-aria-top-layer": true })}
      >
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
    </AriaLocale>
  );
}
