// Rules and scenes: what will be here, and what one can do today.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function AutomationsPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.automations")}>{null}</Page>;
}
