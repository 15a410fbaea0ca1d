// For how long readings are kept, by kind: nothing in a field is for ever.
import { useState } from "react";
import { useTranslations } from "use-intl";
import { ProblemError } from "../api/problem";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { NumberField } from "../ui/NumberField";
import { showToast } from "../ui/toasts";
import formStyles from "../ui/Form.module.css";
import { type Retention, useSetRetention } from "./storage";
import styles from "./StoragePage.module.css";

const CLASSES = ["measurement", "counter", "state"] as const;
const FIELDS = ["raw_days", "rollup_days"] as const;

interface Props {
  organisation: string;
  retention: Retention;
  mayManage: boolean;
}

export function RetentionForm({ organisation, retention, mayManage }: Props) {
  const t = useTranslations("settings.storage.retention");
  const [wanted, setWanted] = useState(retention);
  const [isAsking, setAsking] = useState(false);
  const save = useSetRetention(organisation);
  const errors = save.error instanceof ProblemError ? (save.error.problem.errors ?? []) : [];
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(retention);
  const send = async () => {
    setAsking(false);
    await save.mutateAsync(wanted).then(
      () => showToast({ tone: "ok", title: t("saved") }),
      () => undefined, // told below the form
    );
  };
  return (
    <form
      noValidate
      className={styles.classes}
      onSubmit={(event) => {
        event.preventDefault();
        if (removesMore(retention, wanted)) setAsking(true);
        else void send();
      }}
    >
      <p className={styles.soft}>{t("what")}</p>
      {CLASSES.map((kind) => (
        <fieldset key={kind} className={styles.class} aria-label={t(`${kind}.name`)} disabled={!mayManage}>
          <div className={styles.classWords}>
            <p className={styles.className}>{t(`${kind}.name`)}</p>
            <p className={styles.soft}>{t(`${kind}.what`)}</p>
          </div>
          {FIELDS.map((field) => (
            <NumberField
              key={field}
              label={t(field)}
              unit={t("days")}
              placeholder={t("ever")}
              minValue={1}
              maxValue={36_500}
              step={1}
              isDisabled={!mayManage}
              value={wanted[kind][field] ?? undefined}
              onChange={(days) => setWanted({ ...wanted, [kind]: { ...wanted[kind], [field]: days ?? null } })}
              error={errors.find((one) => one.field === `/${kind}/${field}`)?.reason}
            />
          ))}
        </fieldset>
      ))}
      {save.error !== null && errors.length === 0 && <ErrorNotice error={save.error} />}
      {mayManage ? (
        <div className={formStyles.actions}>
          <Button type="submit" variant="primary" isDisabled={!isChanged} busy={save.isPending}>{t("save")}</Button>
        </div>
      ) : (
        <p className={styles.soft}>{t("reader")}</p>
      )}
      <ConfirmDialog title={t("confirm.title")} isOpen={isAsking} onOpenChange={setAsking} confirm={t("confirm.button")} dangerous onConfirm={send}>
        {t("confirm.what")}
      </ConfirmDialog>
    </form>
  );
}

/** Whether something would go that is kept now. */
export function removesMore(before: Retention, after: Retention): boolean {
  return CLASSES.some((kind) =>
    FIELDS.some((field) => {
      const [kept, wanted] = [before[kind][field] ?? Number.POSITIVE_INFINITY, after[kind][field] ?? Number.POSITIVE_INFINITY];
      return wanted < kept;
    }),
  );
}
