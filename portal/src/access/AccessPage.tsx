// Who may enter where: what will be here, and what one can do today.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function AccessPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.access")}>{null}</Page>;
}
