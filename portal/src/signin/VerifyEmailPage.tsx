// The link that says: this e-mail address is mine.
import { useTranslations } from "use-intl";
import { confirmEmail, useProfileChanged } from "../api/account";
import { ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { LinkAct } from "./LinkAct";

export function VerifyEmailPage() {
  const t = useTranslations("signin.verify");
  const changed = useProfileChanged();
  return (
    <LinkAct
      title={t("title")}
      lead={t("lead")}
      button={t("button")}
      act={confirmEmail}
      onDone={changed}
      doneTitle={t("done")}
      done={
        <>
          <Notice tone="ok" title={t("doneWhat")} />
          <ButtonLink to="/" variant="primary">
            {t("on")}
          </ButtonLink>
        </>
      }
      instead={<ButtonLink to="/settings/profile">{t("instead")}</ButtonLink>}
    />
  );
}
