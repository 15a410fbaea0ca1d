// The way in: e-mail and password, then back to where one wanted to go.
import { useTranslations } from "use-intl";
import { Page } from "../ui/Page";

export function SignInPage() {
  const t = useTranslations("app");
  return <Page title={t("titles.signIn")}>{null}</Page>;
}
