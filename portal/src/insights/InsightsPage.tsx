// Energy, comfort and cost over time: what will be here, and what one can do today.
import { ChartLine } from "lucide-react";
import { useTranslations } from "use-intl";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

export function InsightsPage() {
  const t = useTranslations("places.insights");
  return (
    <Page title={t("title")}>
      <EmptyState
        icon={ChartLine}
        title={t("what")}
        why={t("why")}
        action={
          <ButtonLink to="/devices" variant="primary">
            {t("today")}
          </ButtonLink>
        }
      />
    </Page>
  );
}
