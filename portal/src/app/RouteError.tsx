// What is shown when a page could not be loaded or broke while it was drawn.
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useRouter } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";

export function RouteError({ error, reset }: ErrorComponentProps) {
  const t = useTranslations("app");
  const router = useRouter();
  async function again(): Promise<void> {
    await router.invalidate();
    reset();
  }
  return (
    <Page title={t("error.title")}>
      <ErrorState error={error} onRetry={() => void again()} />
    </Page>
  );
}
