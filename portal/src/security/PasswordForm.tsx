// Asks for the new password, and for the one before where there is one.
import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { changePassword, useProfileChanged } from "../api/account";
import { passwordSchema } from "../signin/password";
import { Form, FormText, useAppForm } from "../ui/Form";
import { showToast } from "../ui/toasts";

const known = z.object({ current_password: passwordSchema, new_password: passwordSchema });
const first = z.object({ current_password: z.string(), new_password: passwordSchema });

export function PasswordForm({ has, onClose }: { has: boolean; onClose: () => void }) {
  const t = useTranslations("security.password");
  const help = useTranslations("signin")("passwordHelp");
  const changed = useProfileChanged();
  // Sessions end by it, and it is an entry of the log.
  const cache = useQueryClient();
  const form = useAppForm(has ? known : first, { current_password: "", new_password: "" });
  return (
    <Form
      form={form}
      submit={t("save")}
      onCancel={onClose}
      onSubmit={async ({ current_password: before, new_password: after }) => {
        await changePassword({ ...(has && { current_password: before }), new_password: after });
        await Promise.all([changed(), cache.invalidateQueries({ queryKey: ["account"] })]);
        onClose();
        showToast({ tone: "ok", title: t("saved") });
      }}
    >
      {has && <FormText name="current_password" type="password" label={t("current")} autoComplete="current-password" autoFocus />}
      <FormText name="new_password" type="password" label={t("new")} help={help} autoComplete="new-password" autoFocus={!has} />
    </Form>
  );
}
