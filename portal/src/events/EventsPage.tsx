// Everything that happened, newest first, as it happens.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function EventsPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.events")}>{null}</Page>;
}
