// What needs attention today, the homes at a glance, and what happened last.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function TodayPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.today")}>{null}</Page>;
}
