// All devices as a list to filter, sort and manage.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function DevicesPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.devices")}>{null}</Page>;
}
