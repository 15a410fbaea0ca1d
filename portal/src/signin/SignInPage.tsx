// The way in: passkey, password and code, or an account elsewhere; then back to where one wanted to go.
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Notice } from "../ui/Notice";
import { destination } from "./destination";
import { Entry } from "./Entry";
import { SignInBox } from "./SignInBox";

const route = getRouteApi("/signin");

export function SignInPage() {
  const t = useTranslations("signin");
  const router = useRouter();
  const { to, provider_error: refused, done } = route.useSearch();
  return (
    <Entry title={t("title")} lead={t("lead")}>
      {refused !== undefined && (
        <Notice tone="danger" live title={t(`provider.${refused}.title`)}>
          {t(`provider.${refused}.next`)}
        </Notice>
      )}
      {done !== undefined && <Notice tone="ok" live title={t(`done.${done}`)} />}
      <SignInBox to={to} onDone={() => router.history.push(destination(to))} />
    </Entry>
  );
}
