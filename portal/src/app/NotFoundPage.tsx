// What is shown for an address that leads nowhere.
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

export function NotFoundPage() {
  const t = useTranslations("app");
  return (
    <main>
      <h1>{t("notFound.title")}</h1>
      <Link to="/">{t("notFound.back")}</Link>
    </main>
  );
}
