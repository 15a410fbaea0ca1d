// All ways to sign in, one under the other; used wherever somebody has to.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { optionsQuery } from "../api/account";
import { providersQuery } from "../api/factors";
import { hasPasskeys } from "../passkey/passkey";
import styles from "./Entry.module.css";
import { EntryStack } from "./Entry";
import { keptInvitation } from "./fragment";
import { PasskeyButton } from "./PasskeyButton";
import { PasswordSteps } from "./PasswordSteps";
import { ProviderButtons } from "./ProviderButtons";
import type { Step } from "./steps";

export interface SignInBoxProps {
  onDone: () => void;
  /** Where to go after signing in elsewhere, or up. */
  to?: string | undefined;
  suggested?: string | undefined;
}

export function SignInBox({ onDone, to, suggested }: SignInBoxProps) {
  const t = useTranslations("signin");
  const providers = useQuery(providersQuery).data ?? [];
  const options = useQuery(optionsQuery).data;
  const maySignUp = options?.registration !== "invitation" || keptInvitation() !== undefined;
  const [step, setStep] = useState<Step>("password");
  return (
    <EntryStack>
      <PasswordSteps onDone={onDone} onStep={setStep} suggested={suggested} />
      {step === "password" && (
        <>
          <div className={styles.besides}>
            <Link to="/reset-password">{t("forgotten")}</Link>
            {maySignUp && (
              <Link to="/signup" search={{ to }}>
                {t("signUp")}
              </Link>
            )}
          </div>
          {(hasPasskeys() || providers.length > 0) && <p className={styles.or}>{t("or")}</p>}
          <PasskeyButton onDone={onDone} />
          <ProviderButtons providers={providers} to={to} />
        </>
      )}
    </EntryStack>
  );
}
