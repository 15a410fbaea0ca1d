// Every shared component in every state; the subject of the visual snapshots.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function ShowcasePage() {
  const t = useTranslations("app");
  return <Page title={t("titles.showcase")}>{null}</Page>;
}
