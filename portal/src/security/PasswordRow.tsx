// The password: changed by who knows it, or given for the first time by who signed up without one.
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { changePassword, useProfileChanged } from "../api/account";
import { useProfile } from "../api/session";
import { Row } from "../settings/Row";
import { passwordSchema } from "../signin/password";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Form, FormText, useAppForm } from "../ui/Form";
import { Card, Section } from "../ui/Section";
import { showToast } from "../ui/toasts";

export function PasswordRow() {
  const t = useTranslations("security.password");
  const has = useProfile().has_password !== false;
  const [open, setOpen] = useState(false);
  return (
    <Section title={t("title")}>
      <Card flush>
        <Row name={t(has ? "set" : "none")} detail={t(has ? "setWhat" : "noneWhat")}>
          <Button onPress={() => setOpen(true)}>{t(has ? "change" : "give")}</Button>
        </Row>
      </Card>
      <Dialog title={t(has ? "change" : "give")} isOpen={open} onOpenChange={setOpen}>
        <PasswordForm has={has} onClose={() => setOpen(false)} />
      </Dialog>
    </Section>
  );
}

const known = z.object({ current_password: passwordSchema, new_password: passwordSchema });
const first = z.object({ current_password: z.string(), new_password: passwordSchema });

function PasswordForm({ has, onClose }: { has: boolean; onClose: () => void }) {
  const t = useTranslations("security.password");
  const help = useTranslations("signin")("passwordHelp");
  const changed = useProfileChanged();
  const form = useAppForm(has ? known : first, { current_password: "", new_password: "" });
  return (
    <Form
      form={form}
      submit={t("save")}
      onCancel={onClose}
      onSubmit={async ({ current_password: before, new_password: after }) => {
        await changePassword({ ...(has && { current_password: before }), new_password: after });
        await changed();
        onClose();
        showToast({ tone: "ok", title: t("saved") });
      }}
    >
      {has && <FormText name="current_password" type="password" label={t("current")} autoComplete="current-password" autoFocus />}
      <FormText name="new_password" type="password" label={t("new")} help={help} autoComplete="new-password" autoFocus={!has} />
    </Form>
  );
}
