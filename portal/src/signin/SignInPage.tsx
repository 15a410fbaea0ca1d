// The way in: e-mail and password, then back to where one wanted to go.
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useLanguage } from "../app/Providers";
import { hasStatus } from "../api/problem";
import { useSignIn } from "../api/session";
import { LANGUAGES } from "../i18n/languages";
import { Button } from "../ui/Button";
import { ErrorNotice, Notice } from "../ui/Notice";
import { TextField } from "../ui/TextField";
import { destination } from "./destination";
import styles from "./SignInPage.module.css";

const route = getRouteApi("/signin");

export function SignInPage() {
  const t = useTranslations("signin");
  return (
    <main className={styles.screen}>
      <title>{`${t("title")} · Lares`}</title>
      <div className={styles.box}>
        <div className={styles.head}>
          <img src="/icon.svg" alt="" width={48} height={48} />
          <h1 className={styles.title}>{t("title")}</h1>
          <p className={styles.lead}>{t("lead")}</p>
        </div>
        <SignInForm />
        <Languages />
      </div>
    </main>
  );
}

function SignInForm() {
  const t = useTranslations("signin");
  const router = useRouter();
  const { to } = route.useSearch();
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [asked, setAsked] = useState(false);
  const missing = { email: asked && email.trim() === "", password: asked && password === "" };

  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    if (email.trim() === "" || password === "") return;
    signIn.mutate({ email: email.trim(), password }, { onSuccess: () => router.history.push(destination(to)) });
  }
  return (
    <form noValidate className={styles.form} onSubmit={submit}>
      {signIn.error !== null && <Refusal error={signIn.error} />}
      <TextField
        label={t("email")}
        type="email"
        name="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        error={missing.email ? t("emailMissing") : undefined}
      />
      <TextField
        label={t("password")}
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={missing.password ? t("passwordMissing") : undefined}
      />
      <Button type="submit" variant="primary" busy={signIn.isPending}>
        {t("submit")}
      </Button>
    </form>
  );
}

/** The server does not say which of the two was wrong, and neither does this page. */
function Refusal({ error }: { error: unknown }) {
  const t = useTranslations("signin");
  if (hasStatus(error, 401)) {
    return (
      <Notice tone="danger" live title={t("wrong.title")}>
        {t("wrong.next")}
      </Notice>
    );
  }
  if (hasStatus(error, 429)) {
    return (
      <Notice tone="attention" live title={t("often.title")}>
        {t("often.next")}
      </Notice>
    );
  }
  return <ErrorNotice error={error} />;
}

function Languages() {
  const t = useTranslations("app.languages");
  const { language, choose } = useLanguage();
  return (
    <div className={styles.foot}>
      {LANGUAGES.filter((one) => one !== language).map((one) => (
        <Button key={one} variant="quiet" size="small" onPress={() => void choose(one)}>
          {t(one)}
        </Button>
      ))}
    </div>
  );
}
