// One device: its values, history, events, diagnostics and commands.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function DevicePage() {
  const t = useTranslations("app");
  return <Page title={t("titles.device")}>{null}</Page>;
}
