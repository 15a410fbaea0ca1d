// What is shown for an address that leads nowhere.
import { Compass } from "lucide-react";
import { useTranslations } from "use-intl";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

export function NotFoundPage() {
  const t = useTranslations("app.notFound");
  return (
    <Page title={t("title")}>
      <EmptyState
        icon={Compass}
        title={t("what")}
        why={t("why")}
        action={
          <ButtonLink to="/" variant="primary">
            {t("back")}
          </ButtonLink>
        }
      />
    </Page>
  );
}
