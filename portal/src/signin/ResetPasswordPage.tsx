// A forgotten password: a link is asked for by e-mail, and the link asks for a new one.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { askForReset, optionsQuery, resetPassword } from "../api/account";
import { ButtonLink } from "../ui/Button";
import { PlainForm } from "../ui/PlainForm";
import { TextField } from "../ui/TextField";
import { Notice } from "../ui/Notice";
import { Entry, EntryStack } from "./Entry";
import { isUsedUp, UsedUp } from "./LinkAct";
import { useLinkToken } from "./use-link-token";

export function ResetPasswordPage() {
  const token = useLinkToken();
  return token === undefined ? <AskForLink /> : <NewPassword key={token} token={token} />;
}

function AskForLink() {
  const t = useTranslations("signin.reset");
  const words = useTranslations("signin");
  const [sent, setSent] = useState<string>();
  const noMail = useQuery(optionsQuery).data?.mail === false;
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
        <PlainForm wide initial={{ email: "" }} submit={t("send")} onSubmit={({ email }) => askForReset(email).then(() => setSent(email))}>
          {(field) => <TextField {...field("email")} type="email" label={words("email")} autoComplete="username" autoFocus />}
        </PlainForm>
        {back}
      </EntryStack>
    </Entry>
  );
}

function NewPassword({ token }: { token: string }) {
  const t = useTranslations("signin.reset");
  const words = useTranslations("signin");
  const navigate = useNavigate();
  const [usedUp, setUsedUp] = useState(false);
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
          <PlainForm wide initial={{ password: "" }} submit={t("set")} onSubmit={submit}>
            {(field) => <TextField {...field("password")} type="password" label={t("new")} help={words("passwordHelp")} autoComplete="new-password" autoFocus />}
          </PlainForm>
        )}
      </EntryStack>
    </Entry>
  );
}
