// The last question before readings go: how many, counted just now, and the name of what they are of, typed.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Span } from "../chart/range";
import { numberFormat } from "../format/formatters";
import { useVoice } from "../format/voice";
import { ConfirmDialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { countQuery, type Scope, useRemove } from "./queries";
import styles from "./Readings.module.css";

interface Props {
  scope: Scope;
  span: Span;
  attribute: string | undefined;
  onClose: () => void;
  onDone: (removed: number) => void;
}

export function RemoveDialog({ scope, span, attribute, onClose, onDone }: Props) {
  const t = useTranslations("readings.remove");
  const { locale } = useVoice();
  const counted = useQuery(countQuery(scope, span, attribute)).data;
  const remove = useRemove(scope);
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const count = counted?.count ?? 0;
  const number = numberFormat(locale).format(count);
  function confirm(): void {
    if (typed.trim() !== scope.name) return setWrong(true);
    remove.mutate({ span, attribute }, { onSuccess: ({ removed }) => onDone(removed) });
  }
  return (
    <ConfirmDialog
      isOpen
      dangerous
      title={t("title", { count, number })}
      confirm={t("confirm", { count, number })}
      busy={remove.isPending}
      error={remove.error}
      onOpenChange={(open) => !open && onClose()}
      onConfirm={confirm}
    >
      <div className={styles.stack}>
        <p>{t("why")}</p>
        <TextField autoFocus label={t("typeName", { name: scope.name })} value={typed} onChange={(text) => (setTyped(text), setWrong(false))} autoComplete="off" error={wrong ? t("wrongName") : undefined} />
      </div>
    </ConfirmDialog>
  );
}
