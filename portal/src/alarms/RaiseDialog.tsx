// Somebody saw what no device sees: they say where and what, and everybody there is told as of any alarm.
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type AlarmSeverity, useRaiseAlarm } from "../api/alarms";
import type { Home } from "../api/lists";
import { newKey } from "../api/once";
import { Dialog } from "../ui/Dialog";
import { PlainForm } from "../ui/PlainForm";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { showToast } from "../ui/toasts";

const SEVERITIES = ["critical", "warning", "info"] as const satisfies readonly AlarmSeverity[];
/** As long as the server takes. */
const TITLE_MAX_CHARS = 120;
const DETAIL_MAX_CHARS = 1_000;

interface Props {
  homes: readonly Home[];
  /** The one that is looked at. */
  home: string | undefined;
  onClose: () => void;
}

export function RaiseDialog({ homes, home, onClose }: Props) {
  const t = useTranslations("alarms");
  const raise = useRaiseAlarm();
  // One key for one dialog: pressing again after a lost answer raises no second alarm.
  const [key] = useState(newKey);
  const initial = { home: homes.find(({ id }) => id === home)?.id ?? homes[0]?.id ?? "", title: "", severity: "warning", detail: "" };
  async function send(values: typeof initial): Promise<void> {
    const severity = SEVERITIES.find((one) => one === values.severity) ?? "warning";
    await raise.mutateAsync({ home: values.home, key, body: { title: values.title, severity, ...(values.detail !== "" && { detail: values.detail }) } });
    showToast({ tone: "ok", title: t("raise.done"), detail: values.title });
    onClose();
  }
  return (
    <Dialog title={t("raise.title")} isOpen onOpenChange={(open) => !open && onClose()}>
      <PlainForm initial={initial} optional={["detail"]} submit={t("raise.submit")} onCancel={onClose} onSubmit={send}>
        {(field) => (
          <>
            <TextField {...field("title")} label={t("raise.what")} help={t("raise.whatHelp")} autoFocus autoComplete="off" maxLength={TITLE_MAX_CHARS} />
            {homes.length > 1 && <Select {...field("home")} label={t("home")} items={homes.map(({ id, name }) => ({ id, label: name }))} />}
            <Select {...field("severity")} label={t("raise.severity")} items={SEVERITIES.map((id) => ({ id, label: t(`severities.${id}`) }))} />
            <TextField {...field("detail")} label={t("raise.detail")} lines={3} optional maxLength={DETAIL_MAX_CHARS} />
          </>
        )}
      </PlainForm>
    </Dialog>
  );
}
