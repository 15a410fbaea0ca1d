// The link that says: from now on this is my e-mail address.
import { useTranslations } from "use-intl";
import { confirmEmailChange, useProfileChanged } from "../api/account";
import { ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { LinkAct } from "./LinkAct";

export function ChangeEmailPage() {
  const t = useTranslations("signin.changeEmail");
  const changed = useProfileChanged();
  return (
    <LinkAct
      title={t("title")}
      lead={t("lead")}
      button={t("button")}
      act={confirmEmailChange}
      onDone={changed}
      doneTitle={t("done")}
      done={
        <>
          <Notice tone="ok" title={t("doneWhat")} />
          <ButtonLink to="/settings/profile" variant="primary">
            {t("on")}
          </ButtonLink>
        </>
      }
      instead={<ButtonLink to="/settings/profile">{t("instead")}</ButtonLink>}
    />
  );
}
