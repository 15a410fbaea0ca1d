// A new account: name, e-mail address and password; then a mail asks whether the address is theirs.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useLocale, useTimeZone, useTranslations } from "use-intl";
import { optionsQuery, register } from "../api/account";
import { hasStatus } from "../api/problem";
import { signInByPassword, useSignIn } from "../api/session";
import { Button, ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { PlainForm } from "../ui/PlainForm";
import { TextField } from "../ui/TextField";
import { destination } from "./destination";
import { Entry, EntryStack } from "./Entry";
import styles from "./Entry.module.css";
import { keptInvitation } from "./fragment";

const route = getRouteApi("/signup");

const EMPTY = { name: "", email: "", password: "" };

type Refused = "known" | "closed";

export function SignUpPage() {
  const t = useTranslations("signin.up");
  const router = useRouter();
  const { to } = route.useSearch();
  const [made, setMade] = useState<string>();
  const on = () => router.history.push(destination(to));
  if (made !== undefined) {
    return (
      <Entry title={t("made")} lead={t("madeLead", { email: made })}>
        <EntryStack>
          <p>{t("madeHelp")}</p>
          <Button variant="primary" onPress={on}>
            {t("on")}
          </Button>
        </EntryStack>
      </Entry>
    );
  }
  return (
    <Entry title={t("title")} lead={t("lead")}>
      <EntryStack>
        <SignUpForm onMade={setMade} />
        <p className={styles.foot}>
          <span>
            {t("known")} <Link to="/signin" search={{ to }}>{t("signIn")}</Link>
          </span>
        </p>
      </EntryStack>
    </Entry>
  );
}

function SignUpForm({ onMade }: { onMade: (email: string) => void }) {
  const t = useTranslations("signin.up");
  const words = useTranslations("signin");
  const language = useLocale();
  const zone = useTimeZone();
  const signIn = useSignIn(signInByPassword);
  const registration = useQuery(optionsQuery).data?.registration;
  const isClosed = registration === "invitation" && keptInvitation() === undefined;
  const [answered, setRefused] = useState<Refused>();
  const refused = answered ?? (isClosed ? "closed" : undefined);
  async function submit({ name, email, password }: typeof EMPTY): Promise<void> {
    setRefused(undefined);
    const invitation = keptInvitation();
    try {
      await register({ name, email, password, language, ...(zone !== undefined && { time_zone: zone }), ...(invitation !== undefined && { invitation }) });
    } catch (error) {
      if (hasStatus(error, 403)) return setRefused("closed");
      throw error;
    }
    try {
      await signIn.mutateAsync({ email, password });
    } catch (error) {
      // Whether an address has an account already is told to its owner alone, by mail; here its password is another.
      if (hasStatus(error, 401)) return setRefused("known");
      throw error;
    }
    onMade(email);
  }
  return (
    <>
      {refused === "known" && (
        <Notice tone="attention" live title={t("taken")} action={<ButtonLink to="/reset-password" size="small">{words("forgotten")}</ButtonLink>}>
          {t("takenNext")}
        </Notice>
      )}
      {refused === "closed" && (
        <Notice tone="attention" live title={t("closed")}>
          {t("closedNext")}
        </Notice>
      )}
      <PlainForm wide initial={EMPTY} submit={t("submit")} onSubmit={submit}>
        {(field) => (
          <>
            <TextField {...field("name")} label={t("name")} autoComplete="name" autoFocus />
            <TextField {...field("email")} type="email" label={words("email")} autoComplete="username" />
            <TextField {...field("password")} type="password" label={words("password")} help={words("passwordHelp")} autoComplete="new-password" />
          </>
        )}
      </PlainForm>
    </>
  );
}
