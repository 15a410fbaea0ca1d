// Where a browser ends that an unknown app sent: nothing is told to that app, so its person is told here.
import { getRouteApi } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Entry, EntryStack } from "../signin/Entry";
import { ButtonLink } from "../ui/Button";
import { Notice } from "../ui/Notice";

const route = getRouteApi("/app-refused");

export function AppRefusedPage() {
  const t = useTranslations("oauth.refused");
  const { wrong = "other" } = route.useSearch();
  return (
    <Entry title={t("title")}>
      <EntryStack>
        <Notice tone="attention" title={t(`why.${wrong}`)}>
          {t("next")}
        </Notice>
        <ButtonLink to="/">{t("home")}</ButtonLink>
      </EntryStack>
    </Entry>
  );
}
