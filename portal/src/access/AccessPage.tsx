// Who may enter where: what will be here, and what one can do today.
import { KeyRound } from "lucide-react";
import { useTranslations } from "use-intl";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

export function AccessPage() {
  const t = useTranslations("places.access");
  return (
    <Page title={t("title")}>
      <EmptyState
        icon={KeyRound}
        title={t("what")}
        why={t("why")}
        action={
          <ButtonLink to="/homes" variant="primary">
            {t("today")}
          </ButtonLink>
        }
      />
    </Page>
  );
}
