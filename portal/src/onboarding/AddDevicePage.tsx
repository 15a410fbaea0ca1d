// Adds a device: register it, give it its credentials, wait until it speaks.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function AddDevicePage() {
  const t = useTranslations("app");
  return <Page title={t("titles.addDevice")}>{null}</Page>;
}
