// The rooms of a home: made, renamed, removed.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function RoomsPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.rooms")}>{null}</Page>;
}
