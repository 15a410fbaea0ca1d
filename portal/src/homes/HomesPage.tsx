// All homes one may see, with what is wrong in each.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function HomesPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.homes")}>{null}</Page>;
}
