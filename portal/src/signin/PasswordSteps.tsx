// E-mail and password, then a code where the account wants one.
import { type FormEvent, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { signInByPassword, useSignIn } from "../api/session";
import { Button } from "../ui/Button";
import { useFocusOnWrong } from "../ui/focus-wrong";
import { ErrorNotice, Notice } from "../ui/Notice";
import { TextField } from "../ui/TextField";
import styles from "./Entry.module.css";
import { refusalOf, type Step, stepAfter, tidyCode } from "./steps";

interface Given {
  email: string;
  password: string;
  code: string;
}

export interface PasswordStepsProps {
  onDone: () => void;
  /** So that the page can put away what does not belong to the second step. */
  onStep: (step: Step) => void;
  suggested?: string | undefined;
}

export function PasswordSteps({ onDone, onStep, suggested = "" }: PasswordStepsProps) {
  const signIn = useSignIn(signInByPassword);
  const [given, setGiven] = useState<Given>({ email: suggested, password: "", code: "" });
  const [step, setStep] = useState<Step>("password");
  const [asked, setAsked] = useState(false);
  const [incomplete, setIncomplete] = useState<object>();
  const place = useRef<HTMLFormElement>(null);
  useFocusOnWrong(place, incomplete);
  function go(next: Step): void {
    setStep(next);
    setAsked(false);
    setGiven((before) => ({ ...before, code: "" }));
    onStep(next);
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    setAsked(true);
    const { email, password, code } = given;
    if (email.trim() === "" || password === "" || (step !== "password" && code.trim() === "")) return setIncomplete({});
    const second = step === "password" ? {} : { code: tidyCode(code) };
    signIn.mutate(
      { email: email.trim(), password, ...second },
      {
        onSuccess: onDone,
        onError: (error) => {
          const next = stepAfter(step, error);
          // To ask for a code is no refusal.
          if (next !== step) leave(next);
        },
      },
    );
  }
  function leave(next: Step): void {
    signIn.reset();
    go(next);
  }
  return (
    <form ref={place} noValidate className={styles.form} onSubmit={submit}>
      <Refused step={step} error={signIn.error} />
      {step === "password" ? (
        <PasswordFields given={given} onChange={setGiven} asked={asked} />
      ) : (
        <CodeField key={step} step={step} given={given} onChange={setGiven} asked={asked} />
      )}
      <Submit step={step} busy={signIn.isPending} />
      {step !== "password" && <OtherWays step={step} onLeave={leave} />}
    </form>
  );
}

function Submit({ step, busy }: { step: Step; busy: boolean }) {
  const t = useTranslations("signin");
  return (
    <Button type="submit" variant="primary" busy={busy}>
      {t(step === "password" ? "submit" : "confirm")}
    </Button>
  );
}

interface FieldsProps {
  given: Given;
  onChange: (given: Given) => void;
  asked: boolean;
}

function PasswordFields({ given, onChange, asked }: FieldsProps) {
  const t = useTranslations("signin");
  return (
    <>
      <TextField
        label={t("email")}
        type="email"
        name="email"
        autoComplete="username webauthn"
        value={given.email}
        onChange={(email) => onChange({ ...given, email })}
        error={asked && given.email.trim() === "" ? t("emailMissing") : undefined}
      />
      <TextField
        label={t("password")}
        type="password"
        name="password"
        autoComplete="current-password"
        value={given.password}
        onChange={(password) => onChange({ ...given, password })}
        error={asked && given.password === "" ? t("passwordMissing") : undefined}
      />
    </>
  );
}

function CodeField({ step, given, onChange, asked }: FieldsProps & { step: Step }) {
  const t = useTranslations("signin");
  const recovery = step === "recovery";
  return (
    <TextField
      label={t(recovery ? "recoveryCode" : "code")}
      help={t(recovery ? "recoveryCodeHelp" : "codeHelp")}
      name="code"
      autoFocus
      autoComplete={recovery ? "off" : "one-time-code"}
      autoCapitalize="none"
      spellCheck={false}
      {...(!recovery && { inputMode: "numeric" as const })}
      value={given.code}
      onChange={(code) => onChange({ ...given, code })}
      error={asked && given.code.trim() === "" ? t("codeMissing") : undefined}
    />
  );
}

function OtherWays({ step, onLeave }: { step: Step; onLeave: (step: Step) => void }) {
  const t = useTranslations("signin");
  return (
    <div className={styles.besides}>
      <Button variant="quiet" size="small" onPress={() => onLeave(step === "code" ? "recovery" : "code")}>
        {t(step === "code" ? "useRecovery" : "useApp")}
      </Button>
      <Button variant="quiet" size="small" onPress={() => onLeave("password")}>
        {t("back")}
      </Button>
    </div>
  );
}

/** The server does not say which of the two was wrong, and neither does this page. */
function Refused({ step, error }: { step: Step; error: unknown }) {
  const t = useTranslations("signin");
  const refusal = refusalOf(step, error);
  if (refusal === undefined) return null;
  if (refusal === "other") return <ErrorNotice error={error} />;
  return (
    <Notice tone={refusal === "often" ? "attention" : "danger"} live title={t(`${refusal}.title`)}>
      {t(`${refusal}.next`)}
    </Notice>
  );
}
