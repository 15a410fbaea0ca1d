// Inviting somebody: by e-mail, or by a link that is handed over or shown as a QR code.
import { useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import * as z from "zod/mini";
import { type IssuedInvitation, type Role, useInvite } from "../api/people";
import { Button } from "../ui/Button";
import { CopyField } from "../ui/CopyField";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Form, FormSelect, FormText, useAppForm } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { QrCode } from "../ui/QrCode";
import { Segmented } from "../ui/Segmented";
import styles from "./People.module.css";
import { endOfDay, givableBy, ROLES } from "./words";

const DAYS = ["7", "30"] as const;
const schema = z.object({
  email: z.string().check(z.trim(), z.maxLength(254, "tooLong")),
  role: z.enum(ROLES),
  until: z.string(),
  expires: z.enum(DAYS),
});

/** With the address that it was sent to. */
type Issued = IssuedInvitation & { email: string | undefined };

export interface InviteDialogProps {
  organisation: string;
  role: Role | undefined;
  onClose: () => void;
}

export function InviteDialog({ organisation, role, onClose }: InviteDialogProps) {
  const t = useTranslations("people.invite");
  const [issued, setIssued] = useState<Issued>();
  return (
    <Dialog isOpen title={t(issued === undefined ? "title" : "made")} alert={issued !== undefined} onOpenChange={(open) => !open && onClose()}>
      {issued === undefined ? <InviteForm organisation={organisation} role={role} onClose={onClose} onIssued={setIssued} /> : <HandOver issued={issued} onClose={onClose} />}
    </Dialog>
  );
}

function InviteForm({ organisation, role, onClose, onIssued }: InviteDialogProps & { onIssued: (issued: Issued) => void }) {
  const t = useTranslations("people.invite");
  const words = useTranslations("people");
  const roles = useTranslations("settings.roles");
  const emailLabel = useTranslations("signin")("email");
  const language = useLocale();
  const [by, setBy] = useState<"mail" | "link">("mail");
  const invite = useInvite(organisation);
  const form = useAppForm<z.infer<typeof schema>>(schema, { email: "", role: "member", until: "", expires: "7" });
  async function submit(values: z.infer<typeof schema>): Promise<void> {
    if (by === "mail" && values.email === "") {
      form.setError("email", { message: "required" });
      return;
    }
    const until = endOfDay(values.until);
    const email = by === "mail" ? values.email : undefined;
    const issued = await invite.mutateAsync({
      role: values.role,
      good_for_days: Number(values.expires),
      language,
      ...(email !== undefined && { email }),
      ...(until !== undefined && { member_until: until }),
    });
    onIssued({ ...issued, email });
  }
  return (
    <Form form={form} submit={t(by === "mail" ? "send" : "make")} onCancel={onClose} onSubmit={submit}>
      <div>
        <Segmented
          label={t("by")}
          value={by}
          onChange={setBy}
          items={[
            { id: "mail", label: t("mail") },
            { id: "link", label: t("link") },
          ]}
        />
      </div>
      {by === "mail" ? <FormText name="email" type="email" label={emailLabel} autoComplete="off" autoFocus /> : <p className={styles.soft}>{t("linkWhat")}</p>}
      <FormSelect name="role" label={words("role")} items={givableBy(role).map((id) => ({ id, label: roles(`${id}.name`) }))} />
      <FormText name="until" type="date" label={words("lastDay")} help={words("lastDayHelp")} optional />
      <FormSelect name="expires" label={t("expires")} items={DAYS.map((id) => ({ id, label: t(`expiring.${id}`) }))} />
    </Form>
  );
}

/** The link is in this answer alone; it is shown for mails, too, which get lost. */
function HandOver({ issued, onClose }: { issued: Issued; onClose: () => void }) {
  const t = useTranslations("people.invite");
  return (
    <div className={styles.stack}>
      {issued.email === undefined ? <Notice tone="attention" title={t("once")}>{t("onceWhat")}</Notice> : <Notice tone="ok" title={t("sent", { email: issued.email })}>{t("sentWhat")}</Notice>}
      <div className={styles.qr}>
        <QrCode text={issued.link} label={t("qr")} />
      </div>
      <CopyField label={t("address")} value={issued.link} />
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          {t("done")}
        </Button>
      </DialogActions>
    </div>
  );
}
