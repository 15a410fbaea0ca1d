// What is shown when a page could not be loaded or broke while it was drawn.
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

export function RouteError({ reset }: ErrorComponentProps) {
  const t = useTranslations("app");
  return (
    <main>
      <h1>{t("error.title")}</h1>
      <button type="button" onClick={reset}>
        {t("error.again")}
      </button>
    </main>
  );
}
