// Energy, comfort and cost over time: what will be here, and what one can do today.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function InsightsPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.insights")}>{null}</Page>;
}
