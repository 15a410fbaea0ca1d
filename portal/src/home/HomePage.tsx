// One home by room: every device's state and its one likely action.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function HomePage() {
  const t = useTranslations("app");
  return <Page title={t("titles.home")}>{null}</Page>;
}
