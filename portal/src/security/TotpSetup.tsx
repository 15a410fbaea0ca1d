// Setting up an authenticator app: scan, type a code to prove it, keep the recovery codes.
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { type TotpSecret, useConfirmTotp } from "../api/factors";
import { hasStatus } from "../api/problem";
import { tidyCode } from "../signin/steps";
import { CopyField } from "../ui/CopyField";
import { Dialog } from "../ui/Dialog";
import { Form, FormText, useAppForm } from "../ui/Form";
import { QrCode } from "../ui/QrCode";
import { Codes } from "./Codes";
import styles from "./Security.module.css";

const schema = z.object({ code: z.string().check(z.minLength(1, "required"), z.maxLength(20, "tooLong")) });

export function TotpSetup({ secret, onClose }: { secret: TotpSecret; onClose: () => void }) {
  const t = useTranslations("security");
  const [codes, setCodes] = useState<readonly string[]>();
  const title = codes === undefined ? t("totp.setUpTitle") : t("codes.title");
  return (
    <Dialog alert isOpen title={title} onOpenChange={onClose}>
      {codes === undefined ? <Scan secret={secret} onCodes={setCodes} onClose={onClose} /> : <Codes codes={codes} onDone={onClose} />}
    </Dialog>
  );
}

function Scan({ secret, onCodes, onClose }: { secret: TotpSecret; onCodes: (codes: readonly string[]) => void; onClose: () => void }) {
  const t = useTranslations("security.totp");
  const words = useTranslations("signin");
  const confirm = useConfirmTotp();
  const form = useAppForm(schema, { code: "" });
  async function submit({ code }: { code: string }): Promise<void> {
    try {
      onCodes((await confirm.mutateAsync(tidyCode(code))).recovery_codes);
    } catch (error) {
      if (!hasStatus(error, 401) && !hasStatus(error, 422)) throw error;
      form.setError("code", { type: "server", message: t("wrong") });
    }
  }
  return (
    <div className={styles.stack}>
      <p className={styles.soft}>{t("scan")}</p>
      <div className={styles.qr}>
        <QrCode text={secret.otpauth_url} label={t("qr")} />
      </div>
      <CopyField secret label={t("secret")} value={secret.secret} />
      <Form form={form} submit={t("confirm")} onCancel={onClose} onSubmit={submit}>
        <FormText name="code" label={words("code")} help={t("codeHelp")} inputMode="numeric" autoComplete="one-time-code" spellCheck={false} />
      </Form>
    </div>
  );
}
