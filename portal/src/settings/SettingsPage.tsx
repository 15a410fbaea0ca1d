// One's own settings: language, theme, sessions, and what this server is.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function SettingsPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.settings")}>{null}</Page>;
}
