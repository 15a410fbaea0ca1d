// A forgotten password: a link is asked for by e-mail, and the link asks for a new one.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import * as z from "zod/mini";
import { askForReset, optionsQuery, resetPassword } from "../api/account";
import { ButtonLink } from "../ui/Button";
import { Form, FormText, useAppForm } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { Entry, EntryStack } from "./Entry";
import { isUsedUp, UsedUp } from "./LinkAct";
import { passwordSchema } from "./password";
import { useLinkToken } from "./use-link-token";

export function ResetPasswordPage() {
  const token = useLinkToken();
  return token === undefined ? <AskForLink /> : <NewPassword key={token} token={token} />;
}

const askSchema = z.object({ email: z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(254, "tooLong")) });

function AskForLink() {
  const t = useTranslations("signin.reset");
  const words = useTranslations("signin");
  const [sent, setSent] = useState<string>();
  const noMail = useQuery(optionsQuery).data?.mail === false;
  const form = useAppForm(askSchema, { email: "" });
  const back = <ButtonLink to="/signin">{t("back")}</ButtonLink>;
  if (sent !== undefined) {
    return (
      <Entry title={t("sent")} lead={t("sentLead", { email: sent })}>
        <EntryStack>
          <p>{t("sentHelp")}</p>
          {back}
        </EntryStack>
      </Entry>
    );
  }
  if (noMail) {
    return (
      <Entry title={t("title")}>
        <EntryStack>
          <Notice tone="attention" title={t("noMail")}>
            {t("noMailNext")}
          </Notice>
          {back}
        </EntryStack>
      </Entry>
    );
  }
  return (
    <Entry title={t("title")} lead={t("lead")}>
      <EntryStack>
        <Form form={form} submit={t("send")} onSubmit={({ email }) => askForReset(email).then(() => setSent(email))}>
          <FormText name="email" type="email" label={words("email")} autoComplete="username" autoFocus />
        </Form>
        {back}
      </EntryStack>
    </Entry>
  );
}

const newSchema = z.object({ password: passwordSchema });

function NewPassword({ token }: { token: string }) {
  const t = useTranslations("signin.reset");
  const words = useTranslations("signin");
  const navigate = useNavigate();
  const [usedUp, setUsedUp] = useState(false);
  const form = useAppForm(newSchema, { password: "" });
  async function submit({ password }: { password: string }): Promise<void> {
    try {
      await resetPassword({ token, password });
    } catch (error) {
      if (!isUsedUp(error)) throw error;
      setUsedUp(true);
      return;
    }
    await navigate({ to: "/signin", search: { done: "reset" } });
  }
  return (
    <Entry title={t("newTitle")} lead={t("newLead")}>
      <EntryStack>
        {usedUp ? (
          <UsedUp>
            <ButtonLink to="/reset-password" reloadDocument variant="primary">
              {t("another")}
            </ButtonLink>
          </UsedUp>
        ) : (
          <Form form={form} submit={t("set")} onSubmit={submit}>
            <FormText name="password" type="password" label={t("new")} help={words("passwordHelp")} autoComplete="new-password" autoFocus />
          </Form>
        )}
      </EntryStack>
    </Entry>
  );
}
