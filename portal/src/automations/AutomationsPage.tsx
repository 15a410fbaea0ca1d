// Rules and scenes: what will be here, and what one can do today.
import { Workflow } from "lucide-react";
import { useTranslations } from "use-intl";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

export function AutomationsPage() {
  const t = useTranslations("places.automations");
  return (
    <Page title={t("title")}>
      <EmptyState
        icon={Workflow}
        title={t("what")}
        why={t("why")}
        action={
          <>
            <ButtonLink to="/events" variant="primary">
              {t("today")}
            </ButtonLink>
            <ButtonLink to="/homes">{t("homes")}</ButtonLink>
          </>
        }
      />
    </Page>
  );
}
